import { conflict } from '@walking-buddy/errors'
import type { ExactPosition } from '@walking-buddy/exact-position'
import type { Clock } from '@walking-buddy/service-kit'
import { after } from '../domain/instant.ts'
import { takesTrackUntil } from '../domain/life-cycle.ts'
import { clockOffsetMs, within } from '../domain/track.ts'
import { isOpen } from '../domain/walk.ts'
import { ownWalk } from './own-walk.ts'
import type { Tracks, Transactions, Walks } from './ports.ts'

export interface RecordTrackInput {
  userId: string
  walkId: string
  points: readonly { position: ExactPosition; accuracyMeters: number | undefined; recordedAt: Date }[]
  sentAt: Date
}

/** A burst of uploads is worked in once. */
const burstMs = 1_000
/** A right clock may still run this far ahead of ours. */
const toleranceMs = 5_000

/**
 * Points that a phone kept while it was offline. Those outside of the walk's time are left out, and not counted;
 * those that are there already are.
 * @throws AppError conflict `track-closed` 48 h after the end
 */
export const recordTrack =
  (deps: { walks: Walks; tracks: Tracks; transactions: Transactions; clock: Clock }) =>
  async ({ userId, walkId, points, sentAt }: RecordTrackInput): Promise<{ accepted: number }> => {
    const walk = await ownWalk(deps.walks, userId, walkId)
    const now = new Date(deps.clock.now())
    const { startTime, endTime } = walk
    if (!isOpen(walk) && !(endTime && now <= takesTrackUntil(endTime)))
      throw conflict('track-closed', 'Tracks are taken for 48 h after the end of a walk.')
    if (!startTime) return { accepted: 0 }

    const offsetMs = clockOffsetMs(sentAt, now)
    const track = points.map(point => ({ ...point, at: after(point.recordedAt, offsetMs) }))
    const kept = within(track, startTime, endTime ?? after(now, toleranceMs))
    if (kept.length === 0) return { accepted: 0 }
    await deps.tracks.add(kept.map(point => ({ ...point, walkId, userId })))
    if (endTime) await deps.transactions.run(tx => tx.measureSoon(walkId, after(now, burstMs)))
    return { accepted: kept.length }
  }
