import { createClient, RESP_TYPES } from '@redis/client'
import { unavailable } from '@walking-buddy/errors'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { KeptSighting, Sightings } from '../../../application/ports.ts'
import { sightingLifeMs } from '../../../domain/sighting.ts'
import { script } from './script.ts'
import { readSighting, sightingBytes, writeSighting } from './sighting-bytes.ts'

export interface RedisConfig {
  url: string
  /** Before every key: environments and tests share a server by it. */
  keyPrefix: string
}

const commandMs = 1_000
const inTime = 'in time'

/*
 * Many values travel as one string, and so in one write and one read: with an argument each, most of the time went
 * into system calls and small buffers.
 */
const none = `string.rep('\\0', ${sightingBytes})`

/** The first key is the marker. */
const readScript = script(`
local none = ${none}
local values = redis.call('MGET', unpack(KEYS))
local marker = table.remove(values, 1)
for i, value in ipairs(values) do
  if not value or #value ~= ${sightingBytes} then values[i] = none end
end
return { marker or '', table.concat(values) }`)

/** Sets each key that still holds what the caller read: all or nothing would let one busy person hold up a batch. */
const replaceScript = script(`
local none = ${none}
local life, befores, afters = ARGV[1], ARGV[2], ARGV[3]
local done = {}
for i, key in ipairs(KEYS) do
  local from, to = (i - 1) * ${sightingBytes} + 1, i * ${sightingBytes}
  local value = redis.call('GET', key)
  if not value or #value ~= ${sightingBytes} then value = none end
  if value == string.sub(befores, from, to) then
    redis.call('SET', key, string.sub(afters, from, to), 'PX', life)
    done[i] = '1'
  else
    done[i] = '0'
  end
end
return table.concat(done)`)

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
      commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
      socket: {
        connectTimeout: 2_000,
        reconnectStrategy: retries => Math.min(500, 25 * 2 ** Math.min(retries, 6)),
      },
      maintNotifications: 'disabled',
    })
    let away = false
    client.on('error', (error: unknown) => {
      if (!away) log.warn({ err: error }, 'positions are away')
      away = true
    })

    /** The driver waits for as long as a connection lasts; whoever asks here does not. */
    const within = async <T>(work: Promise<T>): Promise<T> => {
      const patience = new AbortController()
      const late = clock.delay(commandMs, patience.signal).then(() => {
        if (!patience.signal.aborted) throw unavailable('positions-unavailable')
      })
      try {
        return await Promise.race([work, late as Promise<never>])
      } catch (cause) {
        throw unavailable('positions-unavailable', 'Positions cannot be kept right now.', {
          retryAfterSeconds: 1,
          cause,
        })
      } finally {
        patience.abort(inTime)
        work.catch(() => {})
      }
    }

    /** Of the server; empty until it has said so. */
    let run = ''
    const sinceOf = (marker: string): number | undefined => {
      const [markedRun, sinceMs] = marker.split(' ')
      return markedRun === run ? Number(sinceMs) : undefined
    }
    /** Another run of the server, or none of our marker: whatever was here before may be gone. */
    const mark = async (): Promise<number> => {
      const sinceMs = clock.now()
      await client.set(markerKey, `${run} ${sinceMs}`)
      log.warn('positions were lost, or this is a new store: nobody counts as silent for 300 s')
      return sinceMs
    }

    const recognise = async (): Promise<void> => {
      run = /^run_id:(\w+)/m.exec(String(await client.info('server')))?.[1] ?? 'unknown'
      if (sinceOf(String((await client.get(markerKey)) ?? '')) === undefined) await mark()
      log.info('positions are there')
    }
    client.on('ready', () => {
      away = false
      recognise().catch(error => log.warn({ err: error }, 'positions cannot be read'))
    })
    const connecting = client.connect().catch(() => {})
    await Promise.race([connecting, clock.delay(commandMs)])

    const read: Sightings['read'] = async userIds => {
      const [marker, values] = (await readScript(client, [markerKey, ...userIds.map(keyOf)], [])) as [
        Buffer,
        Buffer,
      ]
      const kept = userIds.map((_, i): KeptSighting | undefined => {
        const offset = i * sightingBytes
        const sighting = readSighting(values, offset)
        return sighting && { sighting, stamp: values.subarray(offset, offset + sightingBytes) }
      })
      const completeSinceMs = run === '' ? clock.now() : (sinceOf(String(marker)) ?? (await mark()))
      return { kept, completeSinceMs }
    }

    const replace: Sightings['replace'] = async changes => {
      const befores = Buffer.alloc(changes.length * sightingBytes)
      const afters = Buffer.allocUnsafe(changes.length * sightingBytes)
      changes.forEach(({ before, after }, i) => {
        if (before) befores.set(before.stamp, i * sightingBytes)
        writeSighting(after, afters, i * sightingBytes)
      })
      const keys = changes.map(({ userId }) => keyOf(userId))
      const done = String(await replaceScript(client, keys, [String(sightingLifeMs), befores, afters]))
      return changes.map((_, i) => done[i] === '1')
    }

    return {
      value: {
        read: userIds => within(read(userIds)),
        replace: changes => within(replace(changes)),
        forget: async userId => void (await within(client.del(keyOf(userId)))),
      },
      stop: async () => {
        client.destroy()
        await connecting
      },
    }
  }
}
