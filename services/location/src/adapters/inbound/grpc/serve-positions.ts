import type {
  PositionReport,
  PositionResult,
  StreamPositionsRequest,
  StreamPositionsResponse,
} from '@walking-buddy/contracts/grpc/location'
import { ExactPosition } from '@walking-buddy/exact-position'
import type { Send } from '@walking-buddy/grpc'
import type {
  Ingested,
  IngestPositions,
  PartnerPosition,
  Sharing,
  ToldPosition,
} from '../../../application/index.ts'
import { isUserId } from './user-id.ts'

/** Batches of one stream that are being taken at the same time; then the sender is slowed down. */
const mostUnderWay = 8

/** One stream of a realtime instance, until either side ends it: reports in, results and partners' positions out. */
export async function servePositions(
  app: { ingest: IngestPositions; sharing: Sharing },
  requests: AsyncIterable<StreamPositionsRequest>,
  send: Send<StreamPositionsResponse>,
  signal: AbortSignal,
): Promise<void> {
  const viewer = app.sharing.connect(positions =>
    send({ message: { $case: 'partnerPositions', value: { positions: positions.map(partnerPositionOf) } } }),
  )
  let untold: PositionResult[] = []
  let telling: Promise<void> | undefined
  const tellAll = async (): Promise<void> => {
    try {
      while (untold.length > 0) {
        const results = untold
        untold = []
        await send({ message: { $case: 'results', value: { results } } })
      }
    } catch {
      // Whoever would be told is gone.
      untold = []
    } finally {
      telling = undefined
    }
  }
  /** One message at a time: what there is to tell meanwhile goes with the next one. */
  const tell = async (results: readonly PositionResult[]): Promise<void> => {
    if (results.length === 0) return
    untold.push(...results)
    telling ??= tellAll()
    await telling
  }
  const read = async (): Promise<void> => {
    const underWay = new Set<Promise<void>>()
    for await (const { message } of requests) {
      if (message?.$case === 'subscription') {
        viewer.add(message.value.addUserIds.filter(isUserId))
        viewer.remove(message.value.removeUserIds)
      }
      if (message?.$case !== 'reports') continue
      const work: Promise<void> = take(app.ingest, message.value.reports, tell).finally(() =>
        underWay.delete(work),
      )
      underWay.add(work)
      if (underWay.size >= mostUnderWay) await Promise.race(underWay)
    }
    await Promise.all(underWay)
  }
  const over = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  try {
    await Promise.race([read(), over])
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    viewer.close()
  }
}

/** Resolves once the reports were taken. Whoever walks with somebody is told later: when the track has it durably. */
async function take(
  ingest: IngestPositions,
  reports: readonly PositionReport[],
  tell: (results: readonly PositionResult[]) => Promise<void>,
): Promise<void> {
  const told: ToldPosition[] = []
  const sequences: number[] = []
  const results: PositionResult[] = []
  for (const report of reports) {
    const position = toldPositionOf(report)
    if (position) {
      told.push(position)
      sequences.push(report.sequence)
    } else
      results.push({
        sequence: report.sequence,
        code: 'invalid-request',
        kind: 'invalid',
        detail: 'Not a position.',
      })
  }
  const ingested = told.length === 0 ? [] : await ingest(told)
  const later = new Map<Promise<unknown>, PositionResult[]>()
  ingested.forEach((one, i) => {
    const result = resultOf(sequences[i]!, one)
    if (one.settled === null) results.push(result)
    else if (!later.get(one.settled)?.push(result)) later.set(one.settled, [result])
  })
  await tell(results)
  for (const [settled, group] of later) void settled.then(() => tell(group))
}

/** Undefined for what no contract allows: one such report must not cost the others. */
function toldPositionOf(report: PositionReport): ToldPosition | undefined {
  const { userId, lat, lng, accuracyMeters, recordedAt, sentAt } = report
  const isAccuracy = accuracyMeters === undefined || (accuracyMeters >= 0 && Number.isFinite(accuracyMeters))
  if (!isUserId(userId) || !(Math.abs(lat) <= 90) || !(Math.abs(lng) <= 180) || !isAccuracy) return undefined
  return {
    userId,
    position: new ExactPosition(lat, lng),
    accuracyMeters,
    recordedAtMs: recordedAt?.getTime(),
    sentAtMs: sentAt?.getTime(),
  }
}

const resultOf = (sequence: number, { error }: Ingested): PositionResult => ({
  sequence,
  code: error?.code ?? '',
  kind: error?.kind ?? '',
  detail: error?.detail ?? '',
})

const partnerPositionOf = ({ recipientId, walkId, userId, position, recordedAtMs }: PartnerPosition) => ({
  recipientId,
  walkId,
  userId,
  ...position.reveal(),
  recordedAt: new Date(recordedAtMs),
})
