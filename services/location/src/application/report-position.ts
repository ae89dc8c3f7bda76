import { sightingLifeMs } from '../domain/sighting.ts'
import type { Ingested, IngestPositions, ToldPosition } from './ingest-positions.ts'

/**
 * Takes one position; those that come in together are taken together.
 * @returns for how long it is kept, in ms: 0 when it is too old to tell where someone is now
 * @throws AppError precondition `location-disabled`; conflict `implausible-position`; unavailable
 */
export type ReportPosition = (told: ToldPosition) => Promise<number>

/** While so many groups are under way, newcomers gather for the next one. */
const mostUnderWay = 4

export function reportPosition(ingest: IngestPositions): ReportPosition {
  let gathered: { told: ToldPosition; done: (result: Ingested) => void; failed: (error: unknown) => void }[] =
    []
  let underWay = 0
  let isDue = false

  const run = async (): Promise<void> => {
    isDue = false
    if (gathered.length === 0 || underWay >= mostUnderWay) return
    const group = gathered
    gathered = []
    underWay++
    try {
      const results = await ingest(group.map(({ told }) => told))
      for (const [i, { done }] of group.entries()) done(results[i]!)
    } catch (error) {
      for (const { failed } of group) failed(error)
    } finally {
      underWay--
      schedule()
    }
  }
  const schedule = (): void => {
    if (isDue || gathered.length === 0) return
    isDue = true
    // After all requests of this turn of the event loop were read.
    setImmediate(() => void run())
  }

  return async told => {
    const result = await new Promise<Ingested>((done, failed) => {
      gathered.push({ told, done, failed })
      schedule()
    })
    if (result.error) throw result.error
    await result.settled
    return result.outcome === 'late' ? 0 : sightingLifeMs
  }
}
