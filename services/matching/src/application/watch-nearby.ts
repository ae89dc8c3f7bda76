import { isAppError } from '@walking-buddy/errors'
import type { Clock } from '@walking-buddy/service-kit'
import type { Card } from '../domain/facts.ts'
import type { Found } from '../domain/nearby-index.ts'
import { type Month, monthOf } from '../domain/traits.ts'
import type { Walkers } from '../domain/walkers.ts'
import { cardsOf } from './list-nearby.ts'
import type { Loading } from './load-published.ts'
import type { RankNearby } from './rank-nearby.ts'
import { mayRead, type ReadAreas } from './read-areas.ts'
import { type Watcher, Watchers } from './watchers.ts'

/** A pushed list is as long as this at most; whoever is on it may be asked. */
const pushedLimit = 50
/** A viewer's list is sent no more often, revocations apart. */
const everyMs = 1_000
/** So long a stream may keep the event loop before others get their turn. */
const turnMs = 10
/** A stream looks around at least this often: months turn. */
const idleMs = 60_000

export interface NearbyUpdate {
  viewerId: string
  items: Card[]
  asOf: Date
}

export interface ViewersChange {
  add: readonly string[]
  remove: readonly string[]
}

export interface NearbyWatch {
  /** Serves one stream until `signal` aborts or the other side ends it: each viewer's list at first, then as it changes. */
  serve(
    changes: AsyncIterable<ViewersChange>,
    send: (update: NearbyUpdate) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>
  /** How many viewers are watched for. */
  readonly size: number
}

interface Deps {
  walkers: Walkers
  readArea: ReadAreas
  rank: RankNearby
  loading: Pick<Loading, 'done'>
  clock: Clock
}

/** Lists that follow what happens: made anew when a change concerns them, sent when they differ. */
export function watchNearby(deps: Deps): NearbyWatch {
  const watchers = new Watchers(deps)
  return {
    get size() {
      return watchers.size
    },
    async serve(changes, send, signal) {
      const stream = new Stream(deps, watchers, send, signal)
      void stream.follow(changes)
      await stream.run()
    },
  }
}

/** What was sent to a viewer, and when the next may go. */
interface Viewer extends Watcher {
  /** Numbers of people, their revisions and distances, and the month; undefined: nothing yet. */
  sent: Int32Array | undefined
  dueMs: number
}

/** One stream. It remembers only whose list is stale and reads the list when it sends it, so that nothing queues up. */
class Stream {
  readonly #deps: Deps
  readonly #watchers: Watchers
  readonly #send: (update: NearbyUpdate) => Promise<void>
  readonly #signal: AbortSignal
  readonly #over: AbortSignal
  readonly #ended = new AbortController()
  readonly #viewers = new Map<string, Viewer>()
  readonly #stale = new Set<Viewer>()
  #nap = new AbortController()
  #month: Month = 0
  #failure: unknown

  constructor(
    deps: Deps,
    watchers: Watchers,
    send: (update: NearbyUpdate) => Promise<void>,
    signal: AbortSignal,
  ) {
    this.#deps = deps
    this.#watchers = watchers
    this.#send = send
    this.#signal = signal
    this.#over = AbortSignal.any([signal, this.#ended.signal])
    this.#over.addEventListener('abort', () => this.#nap.abort(), { once: true })
  }

  /** Takes viewers on and off as the other side says. */
  async follow(changes: AsyncIterable<ViewersChange>): Promise<void> {
    try {
      for await (const { add, remove } of changes) {
        for (const viewerId of remove) this.#remove(viewerId)
        for (const viewerId of add) this.#add(viewerId)
      }
    } catch (error) {
      this.#failure = error
    } finally {
      this.#ended.abort()
    }
  }

  async run(): Promise<void> {
    const { clock, loading } = this.#deps
    try {
      // Lists of those who happen to be known already would tell clients that the others left.
      await Promise.race([loading.done, aborted(this.#over)])
      while (!this.#over.aborted) {
        this.#nap = new AbortController()
        this.#turnMonth(monthOf(clock.now()))
        const nextMs = await this.#sendDue()
        if (!this.#over.aborted)
          await clock.delay(Math.min(nextMs - clock.monotonicMs(), idleMs), this.#nap.signal)
      }
      if (this.#failure !== undefined && !this.#signal.aborted) throw this.#failure
    } finally {
      for (const viewerId of [...this.#viewers.keys()]) this.#remove(viewerId)
    }
  }

  #add(viewerId: string): void {
    if (this.#viewers.has(viewerId) || this.#over.aborted) return
    const viewer: Viewer = {
      viewerId,
      person: this.#deps.walkers.numberOf(viewerId),
      cell: undefined,
      shown: new Set(),
      reachMeters: Number.POSITIVE_INFINITY,
      crowded: false,
      sent: undefined,
      dueMs: Number.NEGATIVE_INFINITY,
      touch: urgent => {
        if (urgent) viewer.dueMs = Number.NEGATIVE_INFINITY
        this.#stale.add(viewer)
        this.#nap.abort()
      },
    }
    this.#viewers.set(viewerId, viewer)
    this.#watchers.add(viewer)
    viewer.touch(true)
  }

  #remove(viewerId: string): void {
    const viewer = this.#viewers.get(viewerId)
    if (!viewer) return
    this.#watchers.remove(viewer)
    this.#viewers.delete(viewerId)
    this.#stale.delete(viewer)
  }

  /** Ages turn with the month. */
  #turnMonth(month: Month): void {
    if (month !== this.#month) for (const viewer of this.#viewers.values()) this.#stale.add(viewer)
    this.#month = month
  }

  /** Sends what may go now; says when the next may. */
  async #sendDue(): Promise<number> {
    const { clock } = this.#deps
    let nextMs = Number.POSITIVE_INFINITY
    let turnEndsMs = clock.monotonicMs() + turnMs
    for (const viewer of this.#stale) {
      const nowMs = clock.monotonicMs()
      if (viewer.dueMs > nowMs) {
        nextMs = Math.min(nextMs, viewer.dueMs)
        continue
      }
      this.#stale.delete(viewer)
      viewer.dueMs = nowMs + everyMs
      await this.#sendOne(viewer)
      if (this.#over.aborted) break
      if (clock.monotonicMs() < turnEndsMs) continue
      await clock.delay(0, this.#over)
      turnEndsMs = clock.monotonicMs() + turnMs
    }
    return nextMs
  }

  async #sendOne(viewer: Viewer): Promise<void> {
    const { viewerId, cell } = viewer
    try {
      // Who has read too many areas sees nobody.
      const allowed = cell === undefined || (await mayRead(this.#deps.readArea, viewerId, cell))
      const items = allowed ? await this.#renew(viewer) : emptied(viewer)
      if (items && this.#viewers.get(viewerId) === viewer)
        await this.#send({ viewerId, items, asOf: new Date(this.#deps.clock.now()) })
    } catch (error) {
      if (this.#over.aborted) return
      if (!isAppError(error) || error.kind === 'other') throw error
      // An owner who has to be asked does not answer: the list stays as it was sent, and is tried again.
      if (this.#viewers.get(viewerId) === viewer) this.#stale.add(viewer)
    }
  }

  /** The list as it is now; undefined where it is what was sent. */
  #renew(viewer: Viewer): Promise<Card[] | undefined> {
    const { walkers, rank, clock } = this.#deps
    return rank(viewer.person, { limit: pushedLimit }, found => {
      viewer.reachMeters = found.reachMeters
      viewer.crowded = found.crowded
      const signature = signatureOf(walkers, found, monthOf(clock.now()))
      if (viewer.sent && equal(signature, viewer.sent)) return undefined
      viewer.sent = signature
      viewer.shown = new Set(found.people.subarray(0, found.count))
      return cardsOf(walkers, found, clock)
    })
  }
}

const nothing = new Int32Array()

function emptied(viewer: Viewer): [] | undefined {
  const wasEmpty = viewer.sent === nothing
  viewer.sent = nothing
  viewer.shown = new Set()
  return wasEmpty ? undefined : []
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

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
