import type { IncomingMessage } from 'node:http'
import { type Readable, Transform } from 'node:stream'

/** The client sent nothing more of its body for too long. */
export class BodyTimeoutError extends Error {
  override readonly name = 'BodyTimeoutError'
}

/** The client went away before its body was whole. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

/** The body of one request: read into memory as far as plugins and retries need it, streamed beyond. */
export interface RequestBody {
  /** Reads on until the body is whole or more than this lies in memory. */
  buffer(limitBytes: number): Promise<'whole' | 'more'>
  /** What to send to the service; a Buffer can be sent again. */
  toSend(): Buffer | Readable | null
  bytesRead(): number
}

export const noBody: RequestBody = { buffer: async () => 'whole', toSend: () => null, bytesRead: () => 0 }

/**
 * @param idleTimeoutMs the longest pause between two parts of a body (nginx: `client_body_timeout`)
 * @param onFirstRead called before the first byte is asked for: the moment for `100 Continue`
 */
export function requestBody(
  request: IncomingMessage,
  idleTimeoutMs: number,
  onFirstRead: () => void,
): RequestBody {
  const length = request.headers['content-length']
  const isEmpty =
    request.headers['transfer-encoding'] === undefined && (length === undefined || Number(length) === 0)
  const chunks: Buffer[] = []
  let bufferedBytes = 0
  let streamedBytes = 0
  let isWhole = isEmpty
  let hasBegun = isEmpty

  const begin = (): void => {
    if (hasBegun) return
    hasBegun = true
    onFirstRead()
  }

  return {
    async buffer(limitBytes) {
      if (isWhole || bufferedBytes > limitBytes)
        return isWhole && bufferedBytes <= limitBytes ? 'whole' : 'more'
      begin()
      return new Promise((resolve, reject) => {
        const end = (then: () => void): void => {
          clearTimeout(idle)
          request.pause()
          request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
          then()
        }
        const onData = (chunk: Buffer): void => {
          idle.refresh()
          chunks.push(chunk)
          bufferedBytes += chunk.length
          if (bufferedBytes > limitBytes) end(() => resolve('more'))
        }
        const onEnd = (): void => {
          isWhole = true
          end(() => resolve('whole'))
        }
        const onClose = (): void =>
          end(() => reject(new ClientGoneError('the client went away while sending its body')))
        const idle = setTimeout(
          () => end(() => reject(new BodyTimeoutError('the body stopped coming'))),
          idleTimeoutMs,
        )
        request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
        request.resume()
      })
    },
    toSend() {
      if (isWhole)
        return bufferedBytes === 0 ? null : chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
      begin()
      const paced = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          idle.refresh()
          streamedBytes += chunk.length
          done(null, chunk)
        },
        destroy(error, done) {
          clearTimeout(idle)
          request.off('close', onClose)
          done(error)
        },
      })
      const idle = setTimeout(
        () => paced.destroy(new BodyTimeoutError('the body stopped coming')),
        idleTimeoutMs,
      )
      const onClose = (): void => {
        if (!request.complete)
          paced.destroy(new ClientGoneError('the client went away while sending its body'))
      }
      for (const chunk of chunks) paced.write(chunk)
      request.once('close', onClose).pipe(paced)
      return paced
    },
    bytesRead: () => Math.max(bufferedBytes, streamedBytes),
  }
}
