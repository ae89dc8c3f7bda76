import { lookup } from 'node:dns/promises'
import type { LocationServiceService } from '@walking-buddy/contracts/grpc/location'
import { unavailable } from '@walking-buddy/errors'
import type { Client } from '@walking-buddy/grpc'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger, Metrics } from '@walking-buddy/telemetry'
import type { Follows, PartnerPosition, Positions } from '../../../application/ports.ts'
import { type PendingReport, type PositionLink, positionLink } from './position-link.ts'

/** How long a phone waits for the answer. */
const patienceMs = 3_000
const expireEveryMs = 500
const resolveEveryMs = 10_000
/** Reports that wait for answers; more are refused at once. */
const maxPending = 20_000

/** Every `host:port` behind one name. */
export type Resolve = (address: string) => Promise<readonly string[]>

/** All addresses of the host, by DNS; of those that have one of each family, the IPv4 address. */
export const resolveByDns: Resolve = async address => {
  const { hostname, port } = new URL(`grpc://${address}`)
  const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true })
  const family = found.some(one => one.family === 4) ? 4 : 6
  return found
    .filter(one => one.family === family)
    .map(({ address: ip }) => `${family === 6 ? `[${ip}]` : ip}:${port}`)
}

/**
 * One long-lived stream to each instance of location. Any of them takes a report, a user's always the same one
 * while it lives; each of them sends the partners' positions that came in with it. What a stream that breaks had
 * not answered goes over another one, or over the next.
 */
export function positionStreams(options: {
  address: string
  resolve: Resolve
  connect: (address: string) => Part<Pick<Client<typeof LocationServiceService>, 'streamPositions'>>
  share: (position: PartnerPosition) => void
  clock: Clock
  random: () => number
  log: Logger
  metrics: Metrics
}): Part<{ positions: Positions; partners: Follows }> {
  const { address, clock, log } = options
  interface Instance {
    link: PositionLink
    stop: () => Promise<void>
  }

  return async () => {
    const stopping = new AbortController()
    const instances = new Map<string, Instance>()
    const followed = new Set<string>()
    const pending = new Set<PendingReport>()
    /** Of those, what no open stream was there for. */
    let waiting: PendingReport[] = []
    options.metrics.gauge(
      'realtime_positions_pending',
      'Position reports that wait for an answer',
      [],
      gauge => gauge.set(pending.size),
    )

    const dispatch = (report: PendingReport): void => {
      const open = [...instances.values()].filter(({ link }) => link.open)
      const chosen = open[hashOf(report.userId) % open.length]
      if (chosen) chosen.link.send(report)
      else waiting.push(report)
    }

    const dispatchAll = (reports: readonly PendingReport[]): void => {
      for (const report of reports) if (pending.has(report)) dispatch(report)
    }

    const join = async (instance: string): Promise<void> => {
      const client = await options.connect(instance)(`location ${instance}`)
      const link = await positionLink({
        ...options,
        location: client.value,
        opened: () => {
          const reports = waiting
          waiting = []
          dispatchAll(reports)
        },
        returned: dispatchAll,
      })(`positions ${instance}`)
      instances.set(instance, {
        link: link.value,
        stop: async () => {
          await link.stop?.(stopping.signal)
          await client.stop?.(stopping.signal)
        },
      })
      for (const userId of followed) link.value.follow(userId)
    }

    const leave = async (instance: string): Promise<void> => {
      const left = instances.get(instance)
      instances.delete(instance)
      await left?.stop()
    }

    const resolve = async (): Promise<void> => {
      const now = new Set(await options.resolve(address))
      for (const instance of now) if (!instances.has(instance)) await join(instance)
      for (const instance of [...instances.keys()]) if (!now.has(instance)) await leave(instance)
    }

    const expire = (): void => {
      const nowMs = clock.monotonicMs()
      for (const report of pending)
        if (report.untilMs <= nowMs)
          report.refused(
            unavailable('unavailable', 'Positions cannot be taken right now.', { retryAfterSeconds: 1 }),
          )
      waiting = waiting.filter(report => pending.has(report))
      for (const { link } of instances.values()) link.expire(nowMs)
    }

    const every = async (everyMs: number, work: () => unknown): Promise<void> => {
      for (let failing = false; !stopping.signal.aborted; ) {
        try {
          await work()
          failing = false
        } catch (error) {
          if (!failing) log.warn({ err: error }, 'location cannot be found')
          failing = true
        }
        await clock.delay(failing ? 1_000 : everyMs, stopping.signal)
      }
    }
    const loops = [every(resolveEveryMs, resolve), every(expireEveryMs, expire)]

    return {
      value: {
        positions: {
          report: (userId, report) =>
            new Promise((resolve, reject) => {
              if (pending.size >= maxPending)
                return reject(
                  unavailable('unavailable', 'Too many positions wait to be taken.', {
                    retryAfterSeconds: 1,
                  }),
                )
              const entry: PendingReport = {
                userId,
                report,
                untilMs: clock.monotonicMs() + patienceMs,
                accepted: () => {
                  pending.delete(entry)
                  resolve()
                },
                refused: error => {
                  pending.delete(entry)
                  reject(error)
                },
              }
              pending.add(entry)
              dispatch(entry)
            }),
        },
        partners: {
          follow(userId) {
            followed.add(userId)
            for (const { link } of instances.values()) link.follow(userId)
          },
          unfollow(userId) {
            followed.delete(userId)
            for (const { link } of instances.values()) link.unfollow(userId)
          },
        },
      },
      stop: async () => {
        stopping.abort()
        await Promise.all(loops)
        for (const instance of [...instances.keys()]) await leave(instance)
        expire()
      },
    }
  }
}

/** FNV-1a: the same user goes the same way. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
