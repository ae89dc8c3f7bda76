import { conflict } from '@walking-buddy/errors'
import { hourMs } from './instant.ts'
import type { Walk } from './walk.ts'

const spacingMs = 2 * hourMs

export const busy = () => conflict('busy', 'There is another walk at that time.')

/** When a walk that is on takes place: at its time, or from its acceptance; one in progress at any time from now. */
const timeOf = (walk: Walk, now: Date): number =>
  walk.status === 'in_progress' ? now.getTime() : (walk.meetAt ?? walk.respondedAt ?? now).getTime()

/**
 * Whether a walk at `meetAt` (null: now) is within 2 h of one of the others.
 * @param others walks of one person that are accepted or in progress
 */
export function clashes(others: readonly Walk[], meetAt: Date | null, now: Date): boolean {
  const at = (meetAt && meetAt > now ? meetAt : now).getTime()
  return others.some(other => Math.abs(timeOf(other, now) - at) < spacingMs)
}
