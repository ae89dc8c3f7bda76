import type { Clock } from '@walking-buddy/service-kit'
import { companyAfter, type Whereabouts } from '../domain/company.ts'
import { after } from '../domain/instant.ts'
import { takesTrackUntil } from '../domain/life-cycle.ts'
import { isUnderWay, type Walk } from '../domain/walk.ts'
import { refreshActive } from './commit-transitions.ts'
import type { ActiveWalks, LastPositions, Tracks, Transactions, Walks } from './ports.ts'

export interface RecordedPosition extends Whereabouts {
  walkId: string
  userId: string
}

/** Of a walk, what a position of one of its people may mean. */
type Scene = Pick<Walk, 'id' | 'initiatorId' | 'partnerId' | 'company' | 'startTime' | 'endTime'> & {
  isOn: boolean
}

const burstMs = 1_000

/**
 * Positions of people in open walks, as they come. Between start and end they become the track, durably before this
 * resolves; all of them show where the two are, and whether they have found or left each other.
 */
export const recordPositions =
  (deps: {
    walks: Walks
    tracks: Tracks
    transactions: Transactions
    activeWalks: ActiveWalks
    lastPositions: LastPositions
    clock: Clock
  }) =>
  async (positions: readonly RecordedPosition[]): Promise<void> => {
    if (positions.length === 0) return
    const now = new Date(deps.clock.now())
    const scenes = await scenesOf(deps, [...new Set(positions.map(({ walkId }) => walkId))])
    const own = positions.filter(({ walkId, userId }) => {
      const scene = scenes.get(walkId)
      return scene && (scene.initiatorId === userId || scene.partnerId === userId)
    })
    await extendTracks(deps, scenes, own, now)

    const shown = own.filter(({ walkId }) => scenes.get(walkId)!.isOn)
    if (shown.length === 0) return
    await deps.lastPositions.put(
      shown.map(({ walkId, userId, ...whereabouts }) => ({ walkId, userId, whereabouts })),
    )
    for (const walkId of new Set(shown.map(({ walkId }) => walkId)))
      await noteCompany(deps, scenes.get(walkId)!)
  }

/** From the cache where it knows the walk, else from the database, which the cache then learns from. */
async function scenesOf(
  { walks, activeWalks }: { walks: Walks; activeWalks: ActiveWalks },
  walkIds: readonly string[],
): Promise<Map<string, Scene>> {
  const active = await activeWalks.find(walkIds)
  const scenes = new Map<string, Scene>(active.map(walk => [walk.id, { ...walk, endTime: null, isOn: true }]))
  const missing = walkIds.filter(id => !scenes.has(id))
  for (const walk of missing.length === 0 ? [] : await walks.findAll(missing)) {
    scenes.set(walk.id, { ...walk, isOn: isUnderWay(walk) })
    if (walk.status === 'in_progress') await refreshActive(activeWalks, walk)
  }
  return scenes
}

async function extendTracks(
  { tracks, transactions }: { tracks: Tracks; transactions: Transactions },
  scenes: ReadonlyMap<string, Scene>,
  positions: readonly RecordedPosition[],
  now: Date,
): Promise<void> {
  const points = positions.filter(({ walkId, recordedAt }) => {
    const { startTime, endTime } = scenes.get(walkId)!
    return (
      startTime &&
      recordedAt >= startTime &&
      (!endTime || (recordedAt <= endTime && now <= takesTrackUntil(endTime)))
    )
  })
  if (points.length === 0) return
  await tracks.add(points.map(({ nearPlace: _, ...point }) => ({ ...point, at: point.recordedAt })))
  // These were under way when the walk ended.
  const late = [...new Set(points.map(({ walkId }) => walkId))].filter(id => scenes.get(id)!.endTime)
  for (const walkId of late) await transactions.run(tx => tx.measureSoon(walkId, after(now, burstMs)))
}

/** Writes it down when the two have met, or parted, or come together again: seldom. */
async function noteCompany(
  deps: { transactions: Transactions; activeWalks: ActiveWalks; lastPositions: LastPositions },
  scene: Scene,
): Promise<void> {
  const last = await deps.lastPositions.of(scene.id, [scene.initiatorId, scene.partnerId])
  const [one, other] = [last.get(scene.initiatorId), last.get(scene.partnerId)]
  if (!one || !other || companyAfter(scene.company, one, other) === scene.company) return
  const walk = await deps.transactions.run(async tx => {
    const current = await tx.lock(scene.id)
    if (!current || !isUnderWay(current)) return current
    const company = companyAfter(current.company, one, other)
    if (company === current.company) return current
    const changed = { ...current, company }
    await tx.keep(changed)
    return changed
  })
  if (walk) await refreshActive(deps.activeWalks, walk)
}
