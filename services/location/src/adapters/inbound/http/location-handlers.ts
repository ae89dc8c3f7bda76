import { areaOf } from '@walking-buddy/cells'
import type { locationOperations } from '@walking-buddy/contracts/rest'
import { ExactPosition } from '@walking-buddy/exact-position'
import type { Handlers } from '@walking-buddy/http'
import type { ReportPosition, SetAvailability, ShowAvailability } from '../../../application/index.ts'
import type { AvailabilityView } from '../../../application/ports.ts'
import type { UntilWish } from '../../../domain/availability.ts'

/** The REST edge of this service. */
export const locationHandlers = (app: {
  reportPosition: ReportPosition
  setAvailability: SetAvailability
  showAvailability: ShowAvailability
}): Handlers<typeof locationOperations> => ({
  async putLocation({ body }, { caller }) {
    const keptMs = await app.reportPosition({
      userId: caller.userId,
      position: new ExactPosition(body.lat, body.lng),
      accuracyMeters: body.accuracyMeters,
      recordedAtMs: momentOf(body.recordedAt),
      sentAtMs: momentOf(body.sentAt),
    })
    return { status: 200, body: { expiresInSeconds: keptMs / 1_000 } }
  },
  async getAvailability(_, { caller }) {
    return { status: 200, body: bodyOf(await app.showAvailability(caller.userId)) }
  },
  async putAvailability({ body }, { caller }) {
    const wish = body.available
      ? { available: true as const, until: untilOf(body.until) }
      : { available: false as const }
    return { status: 200, body: bodyOf(await app.setAvailability(caller.userId, wish)) }
  },
})

const momentOf = (instant: string | undefined): number | undefined =>
  instant === undefined ? undefined : Date.parse(instant)

/** Absent: unchanged; null: cleared. */
function untilOf(until: string | null | undefined): UntilWish {
  if (until === undefined) return { kind: 'unchanged' }
  return until === null ? { kind: 'default' } : { kind: 'chosen', atMs: Date.parse(until) }
}

const bodyOf = ({ available, untilMs, cell }: AvailabilityView) => ({
  available,
  until: untilMs === null ? null : new Date(untilMs).toISOString(),
  area: cell === null ? null : areaOf(cell),
})
