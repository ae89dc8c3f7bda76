import { createHash } from 'node:crypto'
import { createClient, ErrorReply, RESP_TYPES } from '@redis/client'
import { unavailable } from '@walking-buddy/errors'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { KeptSighting, Sightings } from '../../../application/ports.ts'
import { sightingLifeMs } from '../../../domain/sighting.ts'
import { bytesOf, sightingOf } from './sighting-bytes.ts'

export interface RedisConfig {
  url: string
  /** Before every key: environments and tests share a server by it. */
  keyPrefix: string
}

const commandMs = 1_000

/** Sets each key that still holds what the caller read: all or nothing would let one busy person hold up a batch. */
const replaceScript = `
local done = {}
for i, key in ipairs(KEYS) do
  local before = ARGV[2 * i]
  if (redis.call('GET', key) or '') == before then
    redis.call('SET', key, ARGV[2 * i + 1], 'PX', ARGV[1])
    done[i] = 1
  else
    done[i] = 0
  end
end
return done`
const replaceSha = createHash('sha1').update(replaceScript).digest('hex')
const nothing = Buffer.alloc(0)

/**
 * Exact positions in Redis, `user:location:{userId}`, 300 s each. A marker tells since when nothing was lost: it goes
 * with FLUSHALL, and names the run of the server that it was written in.
 */
export function redisSightings(config: RedisConfig, deps: { clock: Clock; log: Logger }): Part<Sightings> {
  const { clock, log } = deps
  const keyOf = (userId: string): string => `${config.keyPrefix}user:location:${userId}`
  const markerKey = `${config.keyPrefix}location:complete-since`

  return async () => {
    const client = createClient({
      url: config.url,
      disableOfflineQueue: true,
      commandsQueueMaxLength: 20_000,
      socket: {
        connectTimeout: 2_000,
        reconnectStrategy: retries => Math.min(500, 25 * 2 ** Math.min(retries, 6)),
      },
      maintNotifications: 'disabled',
    }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    let away = false
    client.on('error', (error: unknown) => {
      if (!away) log.warn({ err: error }, 'positions are away')
      away = true
    })

    const within = async <T>(work: Promise<T>): Promise<T> => {
      const patience = new AbortController()
      const late = clock.delay(commandMs, patience.signal).then(() => {
        if (!patience.signal.aborted)
          throw unavailable('positions-unavailable', undefined, { retryAfterSeconds: 1 })
      })
      try {
        return await Promise.race([work, late as Promise<never>])
      } catch (cause) {
        throw unavailable('positions-unavailable', 'Positions cannot be kept right now.', {
          retryAfterSeconds: 1,
          cause,
        })
      } finally {
        patience.abort()
        work.catch(() => {})
      }
    }

    /** Of the server; empty until it has said so. */
    let run = ''
    /** Another run of the server, or none of our marker: whatever was here before may be gone. */
    const mark = async (): Promise<number> => {
      const sinceMs = clock.now()
      await client.set(markerKey, `${run} ${sinceMs}`)
      log.warn('positions were lost, or this is a new store: nobody counts as silent for 300 s')
      return sinceMs
    }
    const completeSince = async (marker: Buffer | null): Promise<number> => {
      if (run === '') return clock.now()
      const [markedRun, sinceMs] = (marker?.toString() ?? '').split(' ')
      return markedRun === run ? Number(sinceMs) : mark()
    }

    client.on('ready', () => {
      away = false
      client
        .info('server')
        .then(async info => {
          run = /^run_id:(\w+)/m.exec(String(info))?.[1] ?? 'unknown'
          await completeSince(await client.get(markerKey))
          log.info('positions are there')
        })
        .catch(error => log.warn({ err: error }, 'positions cannot be read'))
    })
    const connecting = client.connect().catch(() => {})
    await Promise.race([connecting, clock.delay(commandMs)])

    const replace = (keys: string[], args: (string | Buffer)[]): Promise<unknown> =>
      client.evalSha(replaceSha, { keys, arguments: args }).catch(error => {
        if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw error
        return client.eval(replaceScript, { keys, arguments: args })
      })

    const value: Sightings = {
      async read(userIds) {
        const [marker, ...values] = await within(client.mGet([markerKey, ...userIds.map(keyOf)]))
        const kept = values.map((bytes): KeptSighting | undefined => {
          const stamp = bytes as unknown as Buffer | null
          const sighting = stamp && sightingOf(stamp)
          return sighting ? { sighting, stamp } : undefined
        })
        return { kept, completeSinceMs: await within(completeSince(marker as unknown as Buffer | null)) }
      },
      async replace(changes) {
        const args = changes.flatMap(({ before, after }) => [
          (before?.stamp ?? nothing) as Buffer,
          bytesOf(after),
        ])
        const done = await within(
          replace(
            changes.map(({ userId }) => keyOf(userId)),
            [String(sightingLifeMs), ...args],
          ),
        )
        return (done as number[]).map(one => one === 1)
      },
      async forget(userId) {
        await within(client.del(keyOf(userId)))
      },
    }
    return {
      value,
      stop: async () => {
        client.destroy()
        await connecting
      },
    }
  }
}
