import type { Clock } from '@walking-buddy/service-kit'
import { movedOn } from '../domain/availability.ts'
import { type Circumstances, isAvailable } from '../domain/decide.ts'
import { type Presence, publicView } from '../domain/presence.ts'
import type { AvailabilityView, Presences } from './ports.ts'
import type { WalkWindows } from './walk-windows.ts'
import type { FindWhereabouts } from './whereabouts.ts'

/** One's own availability: whether one can be found, until when, and just what others see. */
export type ShowAvailability = (userId: string) => Promise<AvailabilityView>

export function showAvailability(deps: {
  presences: Presences
  whereabouts: FindWhereabouts
  walks: Pick<WalkWindows, 'inSight'>
  clock: Clock
}): ShowAvailability {
  return async userId => {
    const presence = await deps.presences.find(userId)
    const whereabouts = (await deps.whereabouts([userId])).get(userId)!
    return availabilityOf(presence ?? null, {
      nowMs: deps.clock.now(),
      whereabouts,
      walk: deps.walks.inSight(userId),
    })
  }
}

/** Availability may be over before others see it: that waits for the person's own moment. */
export function availabilityOf(
  presence: Presence | null,
  now: Pick<Circumstances, 'nowMs' | 'whereabouts' | 'walk'>,
): AvailabilityView {
  if (!presence) return { available: false, untilMs: null, cell: null }
  const available = isAvailable(presence, now)
  return {
    available,
    untilMs: available ? movedOn(presence.availability!, now.whereabouts).untilMs : null,
    cell: publicView(presence)?.cell ?? null,
  }
}
