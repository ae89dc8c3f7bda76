import { type Density, noDensity } from '@walking-buddy/cells'
import { ExactPosition } from '@walking-buddy/exact-position'
import type { UntilWish } from '../src/domain/availability.ts'
import {
  type Cause,
  type Circumstances,
  type Consent,
  decide,
  type WalkInSight,
} from '../src/domain/decide.ts'
import { newPresence, type Presence, type PublicView, publicView } from '../src/domain/presence.ts'
import { isAlive, isStaying, observe, type Sighting, type Whereabouts } from '../src/domain/sighting.ts'

export const minute = 60_000
export const startMs = Date.UTC(2026, 0, 5, 8)
const metersPerDegree = 111_195

/** A point some metres north and east of a fixed one. */
export const point = (north: number, east: number): { lat: number; lng: number } => ({
  lat: 48 + north / metersPerDegree,
  lng: -20 + east / (metersPerDegree * Math.cos((48 * Math.PI) / 180)),
})

/** What others saw, from when on. */
export interface Moment {
  atMs: number
  version: number
  view: PublicView | null
}

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One person and their phone, as the service would follow them: the rules alone, without any store. */
export function lifeOfAPerson(options: { density?: Density; random?: () => number; userId?: string } = {}) {
  const random = options.random ?? seeded(1)
  let density = options.density ?? noDensity
  let presence: Presence = newPresence(options.userId ?? '018f0000-0000-7000-8000-000000000001')
  let sighting: Sighting | undefined
  let consent: Consent = { version: 1, given: true }
  let suspended = false
  let walk: WalkInSight | null = null
  let lostAtMs = Number.NEGATIVE_INFINITY
  let nowMs = startMs
  let notedSinceMs = 0
  const moments: Moment[] = []

  const whereabouts = (): Whereabouts => {
    if (sighting && isAlive(sighting, nowMs)) return { kind: 'seen', sighting }
    return { kind: nowMs - lostAtMs < 300_000 ? 'unknown' : 'absent' }
  }
  const act = (cause: Cause) => {
    const circumstances: Circumstances = {
      nowMs,
      whereabouts: whereabouts(),
      consent,
      suspended,
      walk,
      density,
      random,
    }
    const decision = decide(presence, cause, circumstances)
    presence = decision.presence
    if (decision.published)
      moments.push({ atMs: nowMs, version: presence.version, view: publicView(presence) })
    return decision
  }
  const runTo = (atMs: number): void => {
    while (presence.nextTickAtMs !== null && presence.nextTickAtMs <= atMs) {
      nowMs = Math.max(nowMs, presence.nextTickAtMs)
      act({ kind: 'tick' })
    }
    nowMs = Math.max(nowMs, atMs)
  }

  return {
    get nowMs() {
      return nowMs
    },
    get presence() {
      return presence
    },
    get view() {
      return publicView(presence)
    },
    moments,
    /** Lets time pass, with its ticks. */
    pass: (ms: number) => runTo(nowMs + ms),
    report(where: { lat: number; lng: number }, accuracyMeters?: number) {
      const report = {
        position: new ExactPosition(where.lat, where.lng),
        accuracyMeters,
        recordedAtMs: nowMs,
        receivedAtMs: nowMs,
      }
      const verdict = observe(sighting, report)
      if (verdict.kind !== 'accepted') return verdict.kind
      sighting = verdict.sighting
      act({ kind: 'position' })
      if (isStaying(sighting) && sighting.stay.sinceMs !== notedSinceMs) {
        notedSinceMs = sighting.stay.sinceMs
        act({ kind: 'stay' })
      }
      return verdict.kind
    },
    /** Reports from around a point, once a minute. */
    stay(at: (index: number) => { lat: number; lng: number }, ms: number) {
      for (let index = 0, until = nowMs + ms; nowMs < until; index++) {
        this.report(at(index))
        runTo(nowMs + minute)
      }
    },
    on: (until: UntilWish = { kind: 'unchanged' }) => act({ kind: 'switch-on', until }),
    off: () => act({ kind: 'switch-off' }),
    suspend() {
      suspended = true
      return act({ kind: 'suspended' })
    },
    reinstate: () => {
      suspended = false
    },
    consent(given: boolean) {
      consent = { version: consent.version + 1, given }
      return given ? undefined : act({ kind: 'consent-ended', version: consent.version })
    },
    act,
    walk: (inSight: WalkInSight | null) => {
      walk = inSight
    },
    /** The store of positions loses everything. */
    loseSightings() {
      sighting = undefined
      lostAtMs = nowMs
    },
    useDensity: (next: Density) => {
      density = next
    },
  }
}

export type Person = ReturnType<typeof lifeOfAPerson>
