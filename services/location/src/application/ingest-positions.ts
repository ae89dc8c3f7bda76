import { type AppError, conflict, isAppError, unavailable } from '@walking-buddy/errors'
import type { ExactPosition } from '@walking-buddy/exact-position'
import type { Clock } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import { isCurrent, type Report, recordedAt } from '../domain/report.ts'
import { isTracked } from '../domain/sharing.ts'
import { isStaying, observe, type Sighting, type Verdict } from '../domain/sighting.ts'
import type { AskForChange } from './ask-for-change.ts'
import type { ConsentCheck, Person } from './check-consent.ts'
import type { Decider } from './decide-presences.ts'
import type { Sightings, TrackPoint } from './ports.ts'
import type { TrackRecorder } from './record-tracks.ts'
import type { RememberedPlaces } from './remembered-places.ts'
import { locationDisabled } from './set-availability.ts'
import type { Sharing } from './share-with-partners.ts'
import type { WalkWindows } from './walk-windows.ts'

/** A position as its sender tells it. */
export interface ToldPosition {
  userId: string
  position: ExactPosition
  accuracyMeters: number | undefined
  /** By the phone's clock, as `sentAtMs` is, which tells how far it is off. */
  recordedAtMs: number | undefined
  sentAtMs: number | undefined
}

/** What became of one position. */
export interface Ingested {
  /** Why it was not taken. */
  error: AppError | null
  /** `late`: too old to tell where its sender is now; `older`: there is a newer one; else the error's code. */
  outcome: string
  /** What has to be durable or visible before the sender is told; null: nothing. Never rejects. */
  settled: Promise<unknown> | null
}

/** Takes many positions at once: one question to each store, whatever their number. */
export type IngestPositions = (told: readonly ToldPosition[]) => Promise<readonly Ingested[]>

interface Candidate {
  index: number
  report: Report
}

const mostAttempts = 5
const mostTogether = 500

export function ingestPositions(deps: {
  consents: ConsentCheck
  sightings: Sightings
  walks: WalkWindows
  places: RememberedPlaces
  tracks: TrackRecorder
  sharing: Sharing
  decider: Pick<Decider, 'awaits' | 'request'>
  ask: AskForChange
  clock: Clock
  log: Logger
  counted: (outcome: string, positions: number) => void
}): IngestPositions {
  const { consents, sightings, walks, places, tracks, sharing, decider, ask, clock, log } = deps

  /** Weighs each person's reports in turn against what is kept, until nobody else changed it in between. */
  const keep = async (
    byUser: ReadonlyMap<string, readonly Candidate[]>,
    results: Ingested[],
  ): Promise<Map<string, Sighting>> => {
    const latest = new Map<string, Sighting>()
    let users = [...byUser.keys()]
    for (let attempt = 1; users.length > 0; attempt++) {
      const { kept } = await sightings.read(users)
      const changes = users.flatMap((userId, i) => {
        const before = kept[i]
        let sighting = before?.sighting
        for (const { index, report } of byUser.get(userId)!) {
          const verdict = observe(sighting, report)
          results[index] = verdicts[verdict.kind]
          if (verdict.kind === 'accepted') sighting = verdict.sighting
        }
        return sighting === undefined || sighting === before?.sighting
          ? []
          : [{ userId, before, after: sighting }]
      })
      const replaced = changes.length === 0 ? [] : await sightings.replace(changes)
      changes.forEach(({ userId, after }, i) => {
        if (replaced[i]) latest.set(userId, after)
      })
      users = changes.filter((_, i) => !replaced[i]).map(({ userId }) => userId)
      if (attempt < mostAttempts) continue
      for (const userId of users) for (const { index } of byUser.get(userId)!) results[index] = busy
      break
    }
    return latest
  }

  /** Asks for what a position brings about; a failure is no reason to refuse it, for the next one asks again. */
  const bringAbout = (userId: string, person: Person, sighting: Sighting): Promise<unknown> | null => {
    const consent = consents.consentOf(person)
    if (person.consentVersionUsed < consent.version)
      return ask(userId, { kind: 'position', consent }).then(
        () => {
          person.consentVersionUsed = Math.max(person.consentVersionUsed, consent.version)
        },
        error => log.warn({ err: error }, 'a first position waits for the next one'),
      )
    if (decider.awaits(userId)) return quietly(decider.request(userId, { kind: 'position', consent }))
    if (isStaying(sighting) && person.notedStaySinceMs !== sighting.stay.sinceMs) {
      person.notedStaySinceMs = sighting.stay.sinceMs
      void quietly(ask(userId, { kind: 'stay' }))
    }
    return null
  }
  const quietly = (work: Promise<unknown>): Promise<unknown> =>
    work.catch(error => log.warn({ err: error }, 'a change waits for its tick'))

  /** Also what came late: a track is put in order where it is kept. By person, for those who walk. */
  const trackPoints = async (
    byUser: ReadonlyMap<string, readonly Candidate[]>,
    results: readonly Ingested[],
    nowMs: number,
  ): Promise<ReadonlyMap<string, TrackPoint[]>> => {
    const walking = [...byUser.keys()].filter(userId =>
      walks.ofUser(userId).some(window => isTracked(window, nowMs)),
    )
    if (walking.length === 0) return new Map()
    await places.load(walking).catch(error => log.warn({ err: error }, 'walkers count as near a place'))
    const points = (userId: string): TrackPoint[] =>
      walks
        .ofUser(userId)
        .filter(window => isTracked(window, nowMs))
        .flatMap(({ walkId }) =>
          byUser
            .get(userId)!
            .filter(({ index }) => results[index]!.error === null)
            .map(({ report: { position, accuracyMeters, recordedAtMs } }) => {
              const nearPlace = places.cellAt(userId, position) !== undefined
              return { walkId, userId, position, accuracyMeters, recordedAtMs, nearPlace }
            }),
        )
    return new Map(walking.map(userId => [userId, points(userId)]))
  }

  const ingest = async (told: readonly ToldPosition[]): Promise<Ingested[]> => {
    const receivedAtMs = clock.now()
    const results = told.map(() => untold)
    const people = await consents.of([...new Set(told.map(({ userId }) => userId))])

    const all = new Map<string, Candidate[]>()
    told.forEach(({ userId, position, accuracyMeters, recordedAtMs, sentAtMs }, index) => {
      const person = people.get(userId)
      if (!person) return
      if (!consents.consentOf(person).given) {
        results[index] = disabled
        return
      }
      const report = {
        position,
        accuracyMeters,
        receivedAtMs,
        recordedAtMs: recordedAt({ recordedAtMs, sentAtMs, receivedAtMs }),
      }
      results[index] = late
      const theirs = all.get(userId)
      if (theirs) theirs.push({ index, report })
      else all.set(userId, [{ index, report }])
    })
    const current = new Map<string, Candidate[]>()
    for (const [userId, candidates] of all) {
      const theirs = candidates.filter(({ report }) => isCurrent(report))
      if (theirs.length > 0) current.set(userId, theirs)
    }
    const latest = current.size === 0 ? new Map<string, Sighting>() : await keep(current, results)

    const tracked = await trackPoints(all, results, receivedAtMs)
    const durable = tracks.record([...tracked.values()].flat())
    const settle = (userId: string, work: Promise<unknown>): void => {
      for (const { index } of all.get(userId)!) {
        const result = results[index]!
        results[index] = { ...result, settled: result.settled ? Promise.all([result.settled, work]) : work }
      }
    }
    for (const userId of tracked.keys()) settle(userId, durable)

    for (const [userId, sighting] of latest) {
      const person = people.get(userId)!
      if (!consents.consentOf(person).given) {
        // Withdrawn while it was being kept.
        settle(userId, quietly(sightings.forget(userId)))
        continue
      }
      sharing.offer(userId, sighting)
      const brought = bringAbout(userId, person, sighting)
      if (brought) settle(userId, brought)
    }
    return results
  }

  const count = (results: readonly Ingested[]): void => {
    const counts = new Map<string, number>()
    for (const { outcome } of results) {
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    }
    for (const [outcome, positions] of counts) deps.counted(outcome, positions)
  }

  return async told => {
    const results: Ingested[] = []
    for (let from = 0; from < told.length; from += mostTogether) {
      const part = told.slice(from, from + mostTogether)
      results.push(...(await ingest(part).catch(error => failed(part, error, log))))
    }
    count(results)
    return results
  }
}

/** Made once: errors take their stack along, and there may be thousands a second. */
const refusal = (error: AppError): Ingested => ({ error, outcome: error.code, settled: null })
const retry = { retryAfterSeconds: 1 }
const untold = refusal(unavailable('unavailable', 'Consent cannot be checked right now.', retry))
const busy = refusal(unavailable('unavailable', 'Too many positions of one person at once.', retry))
const disabled = refusal(locationDisabled())
const late: Ingested = { error: null, outcome: 'late', settled: null }
const verdicts: Record<Verdict['kind'], Ingested> = {
  accepted: { error: null, outcome: 'accepted', settled: null },
  older: { error: null, outcome: 'older', settled: null },
  implausible: refusal(
    conflict('implausible-position', 'Nobody travels that fast: above 100 m/s since the last position.'),
  ),
}

function failed(told: readonly ToldPosition[], error: unknown, log: Logger): Ingested[] {
  if (!isAppError(error)) log.error({ err: error }, 'positions failed')
  const result = refusal(
    isAppError(error) ? error : unavailable('unavailable', 'Positions cannot be taken right now.', retry),
  )
  return told.map(() => result)
}
