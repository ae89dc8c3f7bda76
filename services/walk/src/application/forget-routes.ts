import type { Clock } from '@walking-buddy/service-kit'
import { after, dayMs } from '../domain/instant.ts'
import type { Routes, Tracks } from './ports.ts'

const atOnce = 200

/** Forgets where people walked when it is long ago; that they walked, and how far, stays. Returns now where there is more. */
export const forgetRoutes =
  (deps: { tracks: Tracks; routes: Routes; clock: Clock; keepDays: number }) =>
  async (): Promise<Date | undefined> => {
    const now = new Date(deps.clock.now())
    const endedBefore = after(now, -deps.keepDays * dayMs)
    const walkIds = await deps.tracks.forgettable(endedBefore, atOnce)
    if (walkIds.length === 0) return undefined
    // The copy first: what is left of the tracks finds it again.
    await deps.routes.forget(walkIds)
    await deps.tracks.forget(walkIds)
    return now
  }
