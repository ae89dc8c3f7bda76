import type { WalkChanged } from '@walking-buddy/contracts/grpc/walk'
import type { DurableEventName } from '@walking-buddy/contracts/socket'
import {
  type TopicCodec,
  walkAccepted,
  walkCancelled,
  walkCompleted,
  walkDeclined,
  walkExpired,
  walkRequested,
  walkStarted,
  walkUpdated,
} from '@walking-buddy/contracts/topics'
import { invalid } from '@walking-buddy/errors'
import { on, type ReceivedEvent, type Subscription } from '@walking-buddy/kafka'
import type { Application } from '../../../application/index.ts'
import type { WalkChange } from '../../../application/ports.ts'

const topics: Readonly<Record<DurableEventName, TopicCodec<WalkChanged>>> = {
  'walk:requested': walkRequested,
  'walk:accepted': walkAccepted,
  'walk:declined': walkDeclined,
  'walk:cancelled': walkCancelled,
  'walk:expired': walkExpired,
  'walk:started': walkStarted,
  'walk:completed': walkCompleted,
  'walk:updated': walkUpdated,
}

/** Every change of a walk goes into the streams of both its people. */
export const walkChanges = (app: Pick<Application, 'recordWalkChange'>): Subscription[] =>
  (Object.keys(topics) as DurableEventName[]).map(name =>
    on(topics[name], async event =>
      (await app.recordWalkChange(changeOf(name, event))) === 'duplicate' ? 'duplicate' : undefined,
    ),
  )

function changeOf(name: DurableEventName, { id, value, time }: ReceivedEvent<WalkChanged>): WalkChange {
  const { walk } = value
  if (!walk || ![id, walk.walkId, walk.initiatorId, walk.partnerId].every(isUuid))
    throw invalid('invalid-event', 'A walk change without a walk or its people.')
  return {
    eventId: id,
    name,
    walkId: walk.walkId,
    version: walk.version,
    userIds: [walk.initiatorId, walk.partnerId],
    at: value.occurredAt ?? time,
  }
}

const isUuid = (value: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
