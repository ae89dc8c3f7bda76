import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { wandering } from './wandering.ts'

/** A client of the peer: one line a position, answered by one line, in order. */
export async function lineClient(port: number, userIds: readonly string[]) {
  const socket = connect(port, '127.0.0.1')
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  const next = wandering(userIds)
  const waiting: (() => void)[] = []
  createInterface({ input: socket }).on('line', () => waiting.shift()?.())
  return {
    send: (): Promise<void> =>
      new Promise(resolve => {
        waiting.push(resolve)
        socket.write(`${JSON.stringify(next())}\n`)
      }),
    stop: () => void socket.destroy(),
  }
}
