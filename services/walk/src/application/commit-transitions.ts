import { after } from '../domain/instant.ts'
import { passTime } from '../domain/life-cycle.ts'
import type { Transition, Walk } from '../domain/walk.ts'
import type { ActiveWalks, WalkTx } from './ports.ts'

/** Positions that were on their way at the end have arrived by then. */
const stragglersMs = 2_000

/** Everything that the clock has to do to a walk by now. */
export function overdue(walk: Walk, now: Date): Transition[] {
  const transitions: Transition[] = []
  for (let next = passTime(walk, now); next; next = passTime(next.walk, now)) transitions.push(next)
  return transitions
}

/** Commits each event with its own version. Returns the walk as it then is. */
export async function commitTransitions(
  tx: WalkTx,
  before: Walk,
  transitions: readonly Transition[],
  now: Date,
): Promise<Walk> {
  let { version } = before
  let walk = before
  for (const transition of transitions) {
    if (!transition.event) continue
    walk = await tx.commit({ ...transition, walk: { ...transition.walk, version } })
    version = walk.version
  }
  const ended = walk.endTime && walk.endTime.getTime() !== before.endTime?.getTime()
  if (ended) await tx.measureSoon(walk.id, after(now, stragglersMs))
  return walk
}

/** After a commit: what recording positions has at hand follows. */
export async function refreshActive(activeWalks: ActiveWalks, walk: Walk): Promise<void> {
  const { id, initiatorId, partnerId, company, startTime } = walk
  if (!startTime) return
  if (walk.status === 'in_progress') await activeWalks.put({ id, initiatorId, partnerId, company, startTime })
  else await activeWalks.remove(id)
}
