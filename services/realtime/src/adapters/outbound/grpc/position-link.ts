import type {
  LocationServiceService,
  PositionResult,
  StreamPositionsRequest,
  StreamPositionsResponse,
} from '@walking-buddy/contracts/grpc/location'
import { AppError, type ErrorKind } from '@walking-buddy/errors'
import { ExactPosition } from '@walking-buddy/exact-position'
import type { Client } from '@walking-buddy/grpc'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { Follows, PartnerPosition, PositionReport } from '../../../application/ports.ts'
import { followedUsers } from './followed-users.ts'
import { lastingStream } from './lasting-stream.ts'
import { soon } from './soon.ts'

/** A report on its way. */
export interface PendingReport {
  userId: string
  report: PositionReport
  /** Monotonic: nobody waits for the answer any more after it. */
  untilMs: number
  accepted: () => void
  refused: (error: AppError) => void
}

/** The stream to one instance of location. */
export interface PositionLink extends Follows {
  readonly open: boolean
  /** Only while open. */
  send(pending: PendingReport): void
  /** Forgets what nobody waits for any more. */
  expire(nowMs: number): void
}

const reportsPerMessage = 256

/** `returned` gets, in their order, the reports that a stream took with it when it ended. */
export function positionLink(options: {
  location: Pick<Client<typeof LocationServiceService>, 'streamPositions'>
  opened: () => void
  returned: (pending: PendingReport[]) => void
  share: (position: PartnerPosition) => void
  clock: Clock
  random: () => number
  log: Logger
}): Part<PositionLink> {
  const { location, clock, log } = options
  return async name => {
    const users = followedUsers()
    let queue: PendingReport[] = []
    let inFlight = new Map<number, PendingReport>()
    let sequence = 0
    let send: ((request: StreamPositionsRequest) => Promise<void>) | undefined

    const flush = soon(clock, async () => {
      if (!send) return
      const sendNow = send
      for (const { add, remove } of users.take())
        await sendNow({
          message: { $case: 'subscription', value: { addUserIds: add, removeUserIds: remove } },
        })
      while (queue.length > 0 && send === sendNow) {
        const batch = queue.slice(0, reportsPerMessage)
        queue = queue.slice(reportsPerMessage)
        const reports = batch.map(pending => {
          sequence = (sequence + 1) >>> 0
          inFlight.set(sequence, pending)
          return reportMessage(sequence, pending)
        })
        await sendNow({ message: { $case: 'reports', value: { reports } } })
      }
    })

    const settle = (result: PositionResult): void => {
      const pending = inFlight.get(result.sequence)
      if (!inFlight.delete(result.sequence) || !pending) return
      if (result.code === '') pending.accepted()
      else pending.refused(new AppError(kindOf(result.kind), result.code, { detail: result.detail }))
    }

    const receive = ({ message }: StreamPositionsResponse): void => {
      if (message?.$case === 'results') for (const result of message.value.results) settle(result)
      if (message?.$case === 'partnerPositions')
        for (const { recipientId, walkId, userId, lat, lng, recordedAt } of message.value.positions) {
          if (recordedAt)
            options.share({ recipientId, walkId, userId, position: new ExactPosition(lat, lng), recordedAt })
          else log.error('a partner position without its time')
        }
    }

    const stream = await lastingStream<StreamPositionsRequest, StreamPositionsResponse>({
      ...options,
      open: options => location.streamPositions(options),
      opened: sendOnThis => {
        send = sendOnThis
        users.restart()
        flush()
        options.opened()
      },
      received: receive,
      closed: () => {
        send = undefined
        const unanswered = [...inFlight.values(), ...queue]
        inFlight = new Map()
        queue = []
        options.returned(unanswered)
      },
    })(name)

    return {
      value: {
        get open() {
          return send !== undefined
        },
        send(pending) {
          queue.push(pending)
          flush()
        },
        expire(nowMs) {
          queue = queue.filter(({ untilMs }) => untilMs > nowMs)
          for (const [number, { untilMs }] of inFlight) if (untilMs <= nowMs) inFlight.delete(number)
        },
        follow(userId) {
          users.follow(userId)
          flush()
        },
        unfollow(userId) {
          users.unfollow(userId)
          flush()
        },
      },
      ...(stream.stop ? { stop: stream.stop } : {}),
    }
  }
}

function reportMessage(sequence: number, { userId, report }: PendingReport) {
  const { position, accuracyMeters, recordedAt, sentAt } = report
  return {
    sequence,
    userId,
    ...position.reveal(),
    accuracyMeters,
    recordedAt: recordedAt === undefined ? undefined : new Date(recordedAt),
    sentAt: sentAt === undefined ? undefined : new Date(sentAt),
  }
}

const kinds: readonly string[] = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not-found',
  'exists',
  'conflict',
  'precondition',
  'exhausted',
  'unavailable',
  'timeout',
] satisfies ErrorKind[]

const kindOf = (kind: string): ErrorKind => (kinds.includes(kind) ? (kind as ErrorKind) : 'other')
