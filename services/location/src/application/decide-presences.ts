import type { Density } from '@walking-buddy/cells'
import { isAppError } from '@walking-buddy/errors'
import type { Clock } from '@walking-buddy/service-kit'
import { consentOf, laterConsent } from '../domain/account.ts'
import { type Circumstances, decide } from '../domain/decide.ts'
import { newPresence, type Presence, versioned } from '../domain/presence.ts'
import { shardOf } from '../domain/shard.ts'
import type { Change, Outcome, Presences, Request, Shards, Subject } from './ports.ts'
import { availabilityOf } from './show-availability.ts'
import type { WalkWindows } from './walk-windows.ts'
import type { FindWhereabouts } from './whereabouts.ts'

/** Makes the changes of people whose shard this instance holds. */
export interface Decider {
  /** Undefined: the shard is somebody else's. Requests that were left for the person are acted on first. */
  request(userId: string, request: Request): Promise<Outcome | undefined>
  /** Acts on the requests that others left. */
  actOnIntents(userIds: readonly string[]): Promise<void>
  /** Someone of a held shard whose next position is to be published at once. */
  awaits(userId: string): boolean
  /** As a look into the store shows it, from time to time. */
  awaited(userIds: readonly string[]): void
}

interface Job {
  userId: string
  request: Request | null
  resolve: (outcome: Outcome | undefined) => void
  reject: (error: unknown) => void
}

/** Shards go by fixed lanes, one transaction at a time in each. */
interface Lane {
  queue: Job[]
  busy: boolean
}

const laneCount = 4
const mostTogether = 200

/**
 * What is asked for while a transaction runs goes into the next one together. Each decides under the fences of its
 * shards, so that an instance that lost one changes nothing.
 */
export function decidePresences(deps: {
  presences: Presences
  shards: Shards
  whereabouts: FindWhereabouts
  walks: Pick<WalkWindows, 'inSight'>
  density: Density
  clock: Clock
  random: () => number
  /** Told of each decision: by its cause, and what it came to. */
  decided: (cause: Request['kind'], result: 'published' | 'kept' | 'refused') => void
}): Decider {
  const { presences, shards, whereabouts, walks, density, clock, random } = deps
  const lanes: Lane[] = Array.from({ length: laneCount }, () => ({ queue: [], busy: false }))
  const awaiting = new Set<string>()

  const decideOn = (
    subject: Subject,
    requests: readonly Request[],
    now: Circumstances,
  ): { change: Change; outcomes: Outcome[] } => {
    let presence: Presence | null = subject.presence

    const act = (request: Request): Outcome => {
      const consent = laterConsent(now.consent, 'consent' in request ? request.consent : null)
      const here = { ...now, consent }
      if (request.kind === 'erased') presence = null
      else if (request.kind !== 'tick' || isDue(presence, now.nowMs)) {
        const decision = decide(presence ?? newPresence(subject.presence.userId), request, here)
        deps.decided(request.kind, decision.refused ? 'refused' : decision.published ? 'published' : 'kept')
        presence = decision.presence
        if (decision.refused) return { kind: 'refused', code: decision.refused }
      }
      return { kind: 'done', availability: availabilityOf(presence, here) }
    }

    const answered = subject.intents.map(({ id, request }) => ({ intentId: id, outcome: act(request) }))
    const outcomes = requests.map(act)
    // What came and went within one transaction nobody has seen.
    const after = presence && versioned(subject.presence, presence)
    const change = {
      userId: subject.presence.userId,
      presence: after,
      changed: after !== subject.presence,
      published: after !== null && after.version > subject.presence.version,
      outcomes: answered,
    }
    return { change, outcomes }
  }

  const runTogether = async (jobs: readonly Job[]): Promise<void> => {
    const held = shards.held()
    const mine = jobs.filter(job => held.has(shardOf(job.userId)))
    const byUser = Map.groupBy(mine, job => job.userId)
    const userIds = [...byUser.keys()]
    const by = [...new Set(userIds.map(shardOf))]
      .sort((a, b) => a - b)
      .map(shard => ({ shard, fence: held.get(shard)! }))
    const where = await whereabouts(userIds)
    let settle: (() => void)[] = []
    const decideAll = (subjects: readonly Subject[]): Change[] => {
      settle = []
      return subjects.map(subject => {
        const { userId } = subject.presence
        const asked = byUser.get(userId)!.filter(job => job.request !== null)
        const now: Circumstances = {
          nowMs: clock.now(),
          whereabouts: where.get(userId) ?? { kind: 'unknown' },
          consent: subject.account ? consentOf(subject.account) : null,
          suspended: subject.account?.suspended ?? false,
          walk: walks.inSight(userId),
          density,
          random,
        }
        const { change, outcomes } = decideOn(
          subject,
          asked.map(job => job.request!),
          now,
        )
        settle.push(() => {
          if (change.presence?.awaiting) awaiting.add(userId)
          else awaiting.delete(userId)
          for (const [i, job] of asked.entries()) job.resolve(outcomes[i])
        })
        return change
      })
    }
    if (mine.length > 0) await presences.change(by, userIds, decideAll)
    for (const told of settle) told()
    for (const job of jobs) job.resolve(undefined)
  }

  const work = async (lane: Lane): Promise<void> => {
    if (lane.busy) return
    lane.busy = true
    // What comes in during one turn of the event loop goes together.
    await Promise.resolve()
    while (lane.queue.length > 0) {
      const jobs = lane.queue.splice(0, mostTogether)
      await runTogether(jobs).catch(error => {
        const isLost = isAppError(error) && error.code === 'lease-lost'
        for (const job of jobs) isLost ? job.resolve(undefined) : job.reject(error)
      })
    }
    lane.busy = false
  }

  const enqueue = (userId: string, request: Request | null): Promise<Outcome | undefined> =>
    new Promise((resolve, reject) => {
      const lane = lanes[shardOf(userId) % laneCount]!
      lane.queue.push({ userId, request, resolve, reject })
      void work(lane)
    })

  return {
    async request(userId, request) {
      return shards.held().has(shardOf(userId)) ? enqueue(userId, request) : undefined
    },
    async actOnIntents(userIds) {
      await Promise.all(userIds.map(userId => enqueue(userId, null)))
    },
    awaits: userId => awaiting.has(userId),
    awaited(userIds) {
      awaiting.clear()
      for (const userId of userIds) awaiting.add(userId)
    },
  }
}

const isDue = (presence: Presence | null, nowMs: number): boolean =>
  presence !== null && presence.nextTickAtMs !== null && presence.nextTickAtMs <= nowMs
