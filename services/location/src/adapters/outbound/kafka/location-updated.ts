import { cellToken } from '@walking-buddy/cells'
import { locationUpdated } from '@walking-buddy/contracts/topics'
import { type EventRecord, eventRecord, tombstone } from '@walking-buddy/kafka'
import { type Presence, publicView } from '../../../domain/presence.ts'

/** What others see of someone from now on, as an event. */
export function locationUpdatedRecord(presence: Presence, about: { id: string; atMs: number }): EventRecord {
  const view = publicView(presence)
  const time = new Date(about.atMs)
  const value = {
    presence: {
      userId: presence.userId,
      version: presence.version,
      cell: view ? cellToken(view.cell) : '',
      publishedAt: view ? new Date(view.publishedAtMs) : undefined,
      lastSeen: view ? new Date(view.lastSeenMs) : undefined,
    },
    occurredAt: time,
  }
  return eventRecord(locationUpdated, value, { id: about.id, time })
}

/** After it nothing is left of someone on the topic. */
export const locationErasedRecord = (userId: string, about: { id: string; atMs: number }): EventRecord =>
  tombstone(locationUpdated, userId, { id: about.id, time: new Date(about.atMs) })
