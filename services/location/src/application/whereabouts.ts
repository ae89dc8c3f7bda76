import type { Clock } from '@walking-buddy/service-kit'
import { isAlive, sightingLifeMs, type Whereabouts } from '../domain/sighting.ts'
import type { Sightings } from './ports.ts'

/** Where people are, as far as can be told; never fails. */
export type FindWhereabouts = (userIds: readonly string[]) => Promise<ReadonlyMap<string, Whereabouts>>

/**
 * The store of positions may lose everything, or be away. For 300 s after that nobody's silence means anything;
 * from then on who was not heard of is absent.
 */
export function findWhereabouts(deps: { sightings: Sightings; clock: Clock }): FindWhereabouts {
  const { sightings, clock } = deps
  let answeredAtMs = clock.now()

  return async userIds => {
    const found = new Map<string, Whereabouts>()
    if (userIds.length === 0) return found
    try {
      const { kept, completeSinceMs } = await sightings.read(userIds)
      const nowMs = clock.now()
      answeredAtMs = nowMs
      const silence: Whereabouts = { kind: nowMs - completeSinceMs < sightingLifeMs ? 'unknown' : 'absent' }
      userIds.forEach((userId, i) => {
        const sighting = kept[i]?.sighting
        found.set(userId, sighting && isAlive(sighting, nowMs) ? { kind: 'seen', sighting } : silence)
      })
    } catch {
      // The store logs that it is away.
      const silence: Whereabouts = {
        kind: clock.now() - answeredAtMs < sightingLifeMs ? 'unknown' : 'absent',
      }
      for (const userId of userIds) found.set(userId, silence)
    }
    return found
  }
}
