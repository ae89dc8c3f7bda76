import type { Clock } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import { after } from '../domain/instant.ts'
import { measured } from '../domain/life-cycle.ts'
import { distanceOfWalk } from '../domain/track.ts'
import { commitTransitions } from './commit-transitions.ts'
import type { MeasureTask, Routes, Tracks, Transactions, Walks } from './ports.ts'
import { coordinatesOf, pointsOfInterestOf } from './route.ts'

const atOnce = 20
const patienceMs = 10_000

/**
 * After the end of a walk, and whenever late points have come: works the distance out anew and writes both routes.
 * What cannot be done now is done later. Returns when it is wanted next.
 */
export const measureWalks =
  (deps: {
    walks: Walks
    tracks: Tracks
    transactions: Transactions
    routes: Routes
    clock: Clock
    log: Logger
  }) =>
  async (): Promise<Date | undefined> => {
    const now = new Date(deps.clock.now())
    for (const task of await deps.tracks.takeDue(now, atOnce))
      try {
        await measure(deps, task, now)
        await deps.tracks.done(task)
      } catch (error) {
        deps.log.warn({ err: error, walkId: task.walkId }, 'walk is measured later')
        await deps.tracks.postpone(task, after(now, patienceMs))
      }
    return deps.tracks.nextDueAt()
  }

async function measure(
  deps: { walks: Walks; tracks: Tracks; transactions: Transactions; routes: Routes },
  task: MeasureTask,
  now: Date,
): Promise<void> {
  const walk = await deps.walks.find(task.walkId)
  if (!walk?.startTime || !walk.endTime) return
  await deps.tracks.trim(walk.id, walk.startTime, walk.endTime)
  const [initiators, partners] = await Promise.all([
    deps.tracks.of(walk.id, walk.initiatorId),
    deps.tracks.of(walk.id, walk.partnerId),
  ])
  const distanceMeters = distanceOfWalk([initiators, partners], walk.startTime, walk.endTime)
  if (measured(walk, distanceMeters).event)
    await deps.transactions.run(async tx => {
      const current = await tx.lock(walk.id)
      if (current) await commitTransitions(tx, current, [measured(current, distanceMeters)], now)
    })
  for (const [userId, track] of [
    [walk.initiatorId, initiators],
    [walk.partnerId, partners],
  ] as const) {
    const coordinates = coordinatesOf(walk, track, now)
    if (coordinates.length === 0) continue
    const { walkId, revision } = task
    await deps.routes.save({
      walkId,
      userId,
      revision,
      coordinates,
      pointsOfInterest: pointsOfInterestOf(walk),
    })
  }
}
