import { randomUUID } from 'node:crypto'
import { cellAt, cellToken } from '@walking-buddy/cells'
import {
  IdentityServiceService,
  identityCallers,
  type Revocation,
  type WatchRevocationsResponse,
} from '@walking-buddy/contracts/grpc/identity'
import {
  LocationServiceService,
  locationCallers,
  type PartnerPosition,
  type PositionReport,
  type PositionResult,
  type StreamPositionsResponse,
} from '@walking-buddy/contracts/grpc/location'
import {
  MatchingServiceService,
  matchingCallers,
  type NearbyWalker,
  type WatchNearbyResponse,
} from '@walking-buddy/contracts/grpc/matching'
import {
  type RequestWalkRequest,
  WalkOrigin,
  WalkServiceService,
  WalkStatus,
  type WalkView,
  walkCallers,
} from '@walking-buddy/contracts/grpc/walk'
import { conflict, internal, notFound, unavailable } from '@walking-buddy/errors'
import { grpcServer, grpcService, type Send, type ServedService, serviceTokens } from '@walking-buddy/grpc'
import { type Secret, systemClock } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'

export const someCell = cellToken(cellAt(48, -20, 200))

export const sharedSecret = 'a secret that all services of a test share'
const secret: Secret = { reveal: () => sharedSecret }

/** A neighbour of realtime: a real gRPC server on a port of its own, that can be stopped and started again. */
export interface StandIn {
  readonly address: string
  start(): Promise<void>
  stop(): Promise<void>
}

async function standIn(name: string, service: ServedService): Promise<StandIn> {
  let port = 0
  let stop: (() => Promise<void>) | undefined
  const start = async () => {
    const running = await grpcServer({
      host: '127.0.0.1',
      port,
      tokens: serviceTokens({ service: name, secret, clock: systemClock }),
      services: [service],
      log: silentLogger(),
      metrics: createMetrics({ service: name }),
    })(name)
    port = running.value.port
    stop = () => running.stop!(AbortSignal.timeout(100))
  }
  await start()
  return {
    get address() {
      return `127.0.0.1:${port}`
    },
    start,
    stop: async () => {
      await stop?.()
      stop = undefined
    },
  }
}

const notOfInterest = async () => {
  throw internal('not-of-interest')
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))

export async function identityStandIn() {
  const streams = new Set<Send<WatchRevocationsResponse>>()
  const past: Revocation[] = []
  const ended = new Set<string>()
  let id = 0n
  const served = grpcService(IdentityServiceService, identityCallers, {
    batchGetUsers: notOfInterest,
    checkPair: notOfInterest,
    checkSession: async ({ sessionId }) => ({ active: !ended.has(sessionId) }),
    async watchRevocations(_request, send, { signal }) {
      streams.add(send)
      try {
        for (const revocation of past) await send(frameOf(revocation))
        await send({ frame: { $case: 'snapshotEnd', value: {} } })
        while (!signal.aborted) {
          await send({ frame: { $case: 'beat', value: { at: new Date() } } })
          await systemClock.delay(250, signal)
        }
      } finally {
        streams.delete(send)
      }
    },
    listBlocks: notOfInterest,
    suspendUser: notOfInterest,
    reinstateUser: notOfInterest,
    setRoles: notOfInterest,
  })
  return {
    ...(await standIn('identity', served)),
    async revoke(subject: NonNullable<Revocation['subject']>) {
      if (subject.$case === 'sessionEnded') ended.add(subject.value.sessionId)
      const revocation: Revocation = { id: ++id, at: new Date(), subject }
      past.push(revocation)
      for (const send of streams) await send(frameOf(revocation))
    },
    watched: () => streams.size > 0,
  }
}

const frameOf = (revocation: Revocation): WatchRevocationsResponse => ({
  frame: { $case: 'revocation', value: revocation },
})

export async function locationStandIn() {
  const streams = new Set<{ send: Send<StreamPositionsResponse>; followed: Set<string> }>()
  const reports: PositionReport[] = []
  const switched: { userId: string; available: boolean; until?: Date | undefined }[] = []
  let answer: (report: PositionReport) => Omit<PositionResult, 'sequence'> | undefined = () => ({
    code: '',
    kind: '',
    detail: '',
  })
  let messages = 0
  const served = grpcService(LocationServiceService, locationCallers, {
    async streamPositions(requests, send) {
      const stream = { send, followed: new Set<string>() }
      streams.add(stream)
      try {
        for await (const { message } of requests) {
          if (message?.$case === 'subscription') {
            for (const userId of message.value.addUserIds) stream.followed.add(userId)
            for (const userId of message.value.removeUserIds) stream.followed.delete(userId)
          }
          if (message?.$case !== 'reports') continue
          messages += 1
          reports.push(...message.value.reports)
          const results = message.value.reports.flatMap(report => {
            const result = answer(report)
            return result ? [{ sequence: report.sequence, ...result }] : []
          })
          if (results.length > 0) await send({ message: { $case: 'results', value: { results } } })
        }
      } finally {
        streams.delete(stream)
      }
    },
    async setAvailability(request) {
      switched.push(request)
      return {
        availability: {
          available: request.available,
          until: request.until,
          cell: request.available ? someCell : undefined,
        },
      }
    },
    listPublished: notOfInterest,
    batchGetPublished: notOfInterest,
  })
  return {
    ...(await standIn('location', served)),
    reports,
    switched,
    messages: () => messages,
    /** What a report is answered with; undefined: nothing at all. */
    answerWith(next: typeof answer) {
      answer = next
    },
    follows: (userId: string) => [...streams].some(({ followed }) => followed.has(userId)),
    async share(positions: PartnerPosition[]) {
      for (const { send } of streams)
        await send({ message: { $case: 'partnerPositions', value: { positions } } })
    },
  }
}

export async function matchingStandIn() {
  const streams = new Set<{ send: Send<WatchNearbyResponse>; viewers: Set<string> }>()
  const lists = new Map<string, NearbyWalker[]>()
  const tell = (send: Send<WatchNearbyResponse>, viewerId: string) =>
    send({ viewerId, walkers: lists.get(viewerId) ?? [], asOf: new Date() })
  const served = grpcService(MatchingServiceService, matchingCallers, {
    checkListed: notOfInterest,
    async watchNearby(requests, send) {
      const stream = { send, viewers: new Set<string>() }
      streams.add(stream)
      try {
        for await (const { addViewerIds, removeViewerIds } of requests) {
          for (const viewerId of removeViewerIds) stream.viewers.delete(viewerId)
          for (const viewerId of addViewerIds) {
            stream.viewers.add(viewerId)
            await tell(send, viewerId)
          }
        }
      } finally {
        streams.delete(stream)
      }
    },
  })
  return {
    ...(await standIn('matching', served)),
    follows: (userId: string) => [...streams].some(({ viewers }) => viewers.has(userId)),
    async list(viewerId: string, walkers: NearbyWalker[]) {
      lists.set(viewerId, walkers)
      for (const { send, viewers } of streams) if (viewers.has(viewerId)) await tell(send, viewerId)
    },
  }
}

/** A walk service as far as realtime sees one: walks by id, their changes, and who may see them. */
export async function walkStandIn() {
  const walks = new Map<string, WalkView>()
  const hidden = new Set<string>()
  const byKey = new Map<string, WalkView>()
  const requests: RequestWalkRequest[] = []
  let asked = 0
  let down = false

  const changed = (walkId: string, status: WalkStatus): WalkView => {
    const view = walks.get(walkId)
    if (!view?.walk) throw notFound('walk-not-found')
    const next: WalkView = {
      ...view,
      walk: { ...view.walk, status, version: view.walk.version + 1, respondedAt: new Date() },
    }
    walks.set(walkId, next)
    return next
  }
  const create = (initiatorId: string, partnerId: string, more: Partial<WalkView> = {}): WalkView => {
    const walkId = randomUUID()
    const view: WalkView = {
      walk: {
        walkId,
        version: 1,
        origin: WalkOrigin.REQUEST,
        initiatorId,
        partnerId,
        acceptedBy: [initiatorId],
        status: WalkStatus.REQUESTED,
        requestedAt: new Date(),
        expiresAt: new Date(Date.now() + 900_000),
        endedBy: '',
      },
      initiator: { userId: initiatorId, username: 'ann', profilePhotoUrl: '', age: 31 },
      partner: { userId: partnerId, username: 'bob', profilePhotoUrl: '', age: 42 },
      message: '',
      ...more,
    }
    walks.set(walkId, view)
    return view
  }
  const answer = (userId: string, walkId: string, status: WalkStatus) => {
    const { walk } = walks.get(walkId) ?? {}
    if (!walk || ![walk.initiatorId, walk.partnerId].includes(userId))
      throw notFound('walk-not-found', 'There is no such walk.')
    if (walk.status === status) return { walk: walks.get(walkId) }
    if (walk.status !== WalkStatus.REQUESTED) throw conflict('illegal-transition', 'This walk is over.')
    return { walk: changed(walkId, status) }
  }

  const served = grpcService(WalkServiceService, walkCallers, {
    async requestWalk(request) {
      requests.push(request)
      const held = byKey.get(request.idempotencyKey)
      const walk =
        held ??
        create(request.userId, request.partnerId, {
          message: request.message,
          meetingPoint: request.meetingPoint,
        })
      if (request.idempotencyKey) byKey.set(request.idempotencyKey, walk)
      return { walk }
    },
    acceptWalk: async ({ userId, walkId }) => answer(userId, walkId, WalkStatus.ACCEPTED),
    declineWalk: async ({ userId, walkId }) => answer(userId, walkId, WalkStatus.DECLINED),
    cancelWalk: async ({ userId, walkId }) => answer(userId, walkId, WalkStatus.CANCELLED),
    proposeWalk: notOfInterest,
    async batchGetWalks({ viewerId, walkIds }) {
      asked += 1
      if (down) throw unavailable('unavailable')
      return {
        walks: walkIds.flatMap(walkId => {
          const view = walks.get(walkId)
          const mine = view?.walk && [view.walk.initiatorId, view.walk.partnerId].includes(viewerId)
          return view && mine && !hidden.has(`${viewerId} ${walkId}`) ? [view] : []
        }),
      }
    },
    checkAcquaintance: notOfInterest,
    watchWalks: (_request, _send, { signal }) => untilAborted(signal),
    recordPositions: notOfInterest,
  })
  return {
    ...(await standIn('walk', served)),
    requests,
    create,
    changed,
    /** The viewer may no longer see it. */
    hide: (viewerId: string, walkId: string) => void hidden.add(`${viewerId} ${walkId}`),
    fail(next: boolean) {
      down = next
    },
    asked: () => asked,
  }
}
