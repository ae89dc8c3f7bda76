import type { WalkChanged } from '@walking-buddy/contracts/grpc/walk'
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
import { eventRecord } from '@walking-buddy/kafka'
import type { OutboxRecord } from '@walking-buddy/postgres'
import type { Walk, WalkEvent } from '../../../domain/walk.ts'
import { walkMessage } from '../../walk-message.ts'

const topics: Record<WalkEvent, TopicCodec<WalkChanged>> = {
  requested: walkRequested,
  accepted: walkAccepted,
  declined: walkDeclined,
  cancelled: walkCancelled,
  expired: walkExpired,
  started: walkStarted,
  completed: walkCompleted,
  updated: walkUpdated,
}

/** The walk's whole state at its version, on the topic that says what has happened to it. */
export const walkEventRecord = (
  event: WalkEvent,
  walk: Walk,
  about: { id: string; time: Date },
): OutboxRecord => eventRecord(topics[event], { walk: walkMessage(walk), occurredAt: about.time }, about)
