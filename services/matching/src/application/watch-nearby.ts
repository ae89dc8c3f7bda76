import type { CellId } from '@walking-buddy/cells'
import { isAppError } from '@walking-buddy/errors'
import type { Clock } from '@walking-buddy/service-kit'
import { CellGrid, memberAt, personAt } from '../domain/cell-grid.ts'
import type { Found } from '../domain/nearby-index.ts'
import { RingWalk } from '../domain/ring-walk.ts'
import { type Month, monthOf } from '../domain/traits.ts'
import type { Walkers } from '../domain/walkers.ts'
import { cardsOf, type ListedWalker } from './list-nearby.ts'
import type { Loading } from './load-published.ts'
import type { RankNearby } from './rank-nearby.ts'
import { mayRead, type ReadAreas } from './read-areas.ts'

/** A pushed list is as long as this at most; whoever is on it may be asked. */
const pushedLimit = 50
/** A viewer's list is sent no more often, revocations apart. */
const everyMs = 1_000
/** No search radius is larger. */
const farthestMeters = 20_000
/** So long the stream may keep the event loop before others get their turn. */
const turnMs = 10

export interface NearbyUpdate {
  viewerId: string
  items: ListedWalker[]
  asOf: Date
}

export interface ViewersChange {
  add: readonly string[]
  remove: readonly string[]
}

interface Watcher {
  readonly viewerId: string
  readonly person: number
  readonly slot: number
  readonly stream: Stream
  /** Where it is filed: the viewer's cell. */
  cell: CellId | undefined
  /** What was sent: numbers of people, their revisions and distances, and the month; undefined: nothing yet. */
  sent: Int32Array | undefined
  shown: ReadonlySet<number>
  reachMeters: number
  crowded: boolean
  /** Not to be sent before. */
  dueMs: number
}

/** Whether a change of a person at a distance concerns the list of a watcher. */
type Concerned = (watcher: Watcher, distanceMeters: number) => boolean

interface Stream {
  readonly watchers: Map<string, Watcher>
  /** Those whose list has to be looked at: the latest state is read when it is sent, so nothing queues up. */
  readonly stale: Set<Watcher>
  wake(): void
}

export interface NearbyWatch {
  /** Serves one stream until `signal` aborts or the other side ends it. */
  serve(
    changes: AsyncIterable<ViewersChange>,
    send: (update: NearbyUpdate) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>
  /** How many viewers are watched for. */
  readonly size: number
}

/**
 * Lists that follow what happens. A change of a person concerns the viewers near them: those who were shown the
 * person, and those whose list the person may enter. Only these lists are made anew, and sent if they differ.
 */
export function watchNearby(deps: {
  walkers: Walkers
  readArea: ReadAreas
  rank: RankNearby
  loading: Pick<Loading, 'done'>
  clock: Clock
}): NearbyWatch {
  const { walkers, readArea, rank, loading, clock } = deps
  const byPerson = new Map<number, Set<Watcher>>()
  const slots: (Watcher | undefined)[] = []
  const freeSlots: number[] = []
  const grid = new CellGrid((a, b) => a - b)
  const walk = new RingWalk(grid)

  const touch = (watcher: Watcher, urgent: boolean): void => {
    if (urgent) watcher.dueMs = Number.NEGATIVE_INFINITY
    watcher.stream.stale.add(watcher)
    watcher.stream.wake()
  }

  const file = (watcher: Watcher, cell: CellId | undefined): void => {
    const { slot } = watcher
    if (watcher.cell !== undefined) grid.remove(watcher.cell, slot, slot)
    if (cell !== undefined) grid.add(cell, { person: slot, seenAs: slot, first: 0, second: 0, seenStep: 0 })
    watcher.cell = cell
  }

  const touchNear = (cell: CellId, concerned: Concerned, urgent: boolean): void => {
    walk.start(cell, farthestMeters)
    walk.nextBand(farthestMeters)
    for (let i = 0; i < walk.count; i++) {
      const at = walk.cellAt(i)
      const count = grid.membersOf(at)
      const [words, first] =
        count === 1
          ? [grid.cells.words, grid.onlyMember(at)]
          : [grid.members.words, memberAt(grid.firstMember(at))]
      for (let member = 0; member < count; member++) {
        const watcher = slots[words[first + memberAt(member) + personAt]!]!
        if (concerned(watcher, walk.distanceAt(i))) touch(watcher, urgent)
      }
    }
  }

  walkers.listen({
    changed(person, before, after, urgent) {
      for (const watcher of byPerson.get(person) ?? []) {
        file(watcher, after)
        touch(watcher, urgent)
      }
      if (grid.memberCount === 0) return
      const left: Concerned = watcher => watcher.shown.has(person) || watcher.crowded
      if (before !== undefined && before !== after) touchNear(before, left, urgent)
      if (after === undefined) return
      const suits = walkers.suitabilityOf(person, monthOf(clock.now()))
      const entered: Concerned = (watcher, distance) =>
        distance <= watcher.reachMeters && suits(watcher.person, distance)
      touchNear(
        after,
        (watcher, distance) => entered(watcher, distance) || (before === after && left(watcher, distance)),
        urgent,
      )
    },
    pairChanged(a, b) {
      for (const person of [a, b]) for (const watcher of byPerson.get(person) ?? []) touch(watcher, true)
    },
  })

  const add = (viewerId: string, stream: Stream): void => {
    if (stream.watchers.has(viewerId)) return
    const person = walkers.numberOf(viewerId)
    const slot = freeSlots.pop() ?? slots.length
    const watcher: Watcher = {
      viewerId,
      person,
      slot,
      stream,
      cell: undefined,
      sent: undefined,
      shown: new Set(),
      reachMeters: Number.POSITIVE_INFINITY,
      crowded: false,
      dueMs: Number.NEGATIVE_INFINITY,
    }
    slots[slot] = watcher
    stream.watchers.set(viewerId, watcher)
    byPerson.set(person, (byPerson.get(person) ?? new Set()).add(watcher))
    file(watcher, walkers.cellOf(person))
    touch(watcher, true)
  }

  const remove = (watcher: Watcher): void => {
    const { stream, person, slot, viewerId } = watcher
    file(watcher, undefined)
    slots[slot] = undefined
    freeSlots.push(slot)
    stream.watchers.delete(viewerId)
    stream.stale.delete(watcher)
    const others = byPerson.get(person)
    if (others?.delete(watcher) && others.size === 0) byPerson.delete(person)
  }

  /** The list as it is now; undefined where it is what was sent. */
  const renew = async (watcher: Watcher): Promise<NearbyUpdate | undefined> => {
    const items = await rank(watcher.person, { limit: pushedLimit }, found => {
      watcher.reachMeters = found.reachMeters
      watcher.crowded = found.crowded
      const signature = signatureOf(walkers, found, monthOf(clock.now()))
      if (watcher.sent && equal(signature, watcher.sent)) return undefined
      watcher.sent = signature
      watcher.shown = new Set(found.people.subarray(0, found.count))
      return cardsOf(walkers, found, clock)
    })
    return items && { viewerId: watcher.viewerId, items, asOf: new Date(clock.now()) }
  }

  return {
    get size() {
      return byPerson.size
    },

    async serve(changes, send, signal) {
      let nap = new AbortController()
      let month = monthOf(clock.now())
      const stream: Stream = { watchers: new Map(), stale: new Set(), wake: () => nap.abort() }
      const ended = new AbortController()
      const over = AbortSignal.any([signal, ended.signal])
      over.addEventListener('abort', () => nap.abort(), { once: true })

      let failure: unknown
      const follow = async (): Promise<void> => {
        try {
          for await (const { add: added, remove: removed } of changes) {
            for (const viewerId of removed) {
              const watcher = stream.watchers.get(viewerId)
              if (watcher) remove(watcher)
            }
            for (const viewerId of added) add(viewerId, stream)
          }
        } catch (error) {
          failure = error
        } finally {
          ended.abort()
        }
      }
      void follow()

      const sendDue = async (): Promise<number> => {
        let nextMs = Number.POSITIVE_INFINITY
        let turnEndsMs = clock.monotonicMs() + turnMs
        for (const watcher of stream.stale) {
          const nowMs = clock.monotonicMs()
          if (watcher.dueMs > nowMs) {
            nextMs = Math.min(nextMs, watcher.dueMs)
            continue
          }
          stream.stale.delete(watcher)
          watcher.dueMs = nowMs + everyMs
          await sendOne(watcher)
          if (over.aborted) break
          if (clock.monotonicMs() < turnEndsMs) continue
          await clock.delay(0, over)
          turnEndsMs = clock.monotonicMs() + turnMs
        }
        return nextMs
      }

      const sendOne = async (watcher: Watcher): Promise<void> => {
        try {
          // Who has read too many areas sees nobody: an empty list tells it.
          const { viewerId, cell } = watcher
          const allowed = cell === undefined || (await mayRead(readArea, viewerId, cell))
          const update = allowed ? await renew(watcher) : emptied(watcher, clock)
          if (update && stream.watchers.get(watcher.viewerId) === watcher) await send(update)
        } catch (error) {
          if (over.aborted) return
          if (!isAppError(error) || error.kind === 'other') throw error
          // An owner who has to be asked does not answer: the list stays as it was sent, and is tried again.
          stream.stale.add(watcher)
        }
      }

      try {
        // Lists of those who happen to be known already would tell clients that the others left.
        await Promise.race([loading.done, aborted(over)])
        while (!over.aborted) {
          nap = new AbortController()
          if (month !== monthOf(clock.now())) {
            // Ages turn with the month.
            month = monthOf(clock.now())
            for (const watcher of stream.watchers.values()) stream.stale.add(watcher)
          }
          const nextMs = await sendDue()
          if (over.aborted) break
          await clock.delay(Math.min(nextMs - clock.monotonicMs(), 60_000), nap.signal)
        }
        if (failure !== undefined && !signal.aborted) throw failure
      } finally {
        for (const watcher of [...stream.watchers.values()]) remove(watcher)
      }
    },
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

function emptied(watcher: Watcher, clock: Clock): NearbyUpdate | undefined {
  const before = watcher.sent
  watcher.sent = new Int32Array()
  watcher.shown = new Set()
  return before?.length === 0
    ? undefined
    : { viewerId: watcher.viewerId, items: [], asOf: new Date(clock.now()) }
}

function signatureOf(walkers: Walkers, found: Found, month: Month): Int32Array {
  const signature = new Int32Array(3 * found.count + 1)
  signature[3 * found.count] = month
  for (let i = 0; i < found.count; i++) {
    signature[3 * i] = found.people[i]!
    signature[3 * i + 1] = walkers.revisionOf(found.people[i]!)
    signature[3 * i + 2] = found.distancesMeters[i]!
  }
  return signature
}

const equal = (a: Int32Array, b: Int32Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i])
