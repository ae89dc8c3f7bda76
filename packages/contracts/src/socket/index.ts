export { type ClientEventName, clientEvents } from './client-events.ts'
export {
  type DurableEvent,
  type DurableEventName,
  durableEvents,
  type LatestEventName,
  latestEvents,
  type SessionEventName,
  sessionEvents,
} from './server-events.ts'
