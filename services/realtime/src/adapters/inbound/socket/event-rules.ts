import type { ClientEventName } from '@walking-buddy/contracts/socket'
import type { Rate } from '../../../domain/token-bucket.ts'

/** What is counted together on one connection. */
export const rates = {
  /** A phone sends one a second; after a hole in the network it sends some at once. */
  position: { burst: 60, perSecond: 10 },
  presence: { burst: 10, perSecond: 0.5 },
  walk: { burst: 20, perSecond: 2 },
  session: { burst: 5, perSecond: 0.1 },
  unknown: { burst: 20, perSecond: 1 },
} as const satisfies Record<string, Rate>

export type RateClass = keyof typeof rates

/** Refusals for being too fast; who collects more is disconnected. */
export const patience: Rate = { burst: 200, perSecond: 1 }

/** Who may send an event, and how often. */
export interface EventRule {
  /** `live session`: the token and its session, at this moment. `new token`: the payload proves who asks. */
  access: 'live session' | 'new token'
  rate: RateClass
}

/** There is no event without a rule: it would not compile. */
export const eventRules: Readonly<Record<ClientEventName, EventRule>> = {
  'location:update': { access: 'live session', rate: 'position' },
  'presence:online': { access: 'live session', rate: 'presence' },
  'presence:offline': { access: 'live session', rate: 'presence' },
  'walk:request': { access: 'live session', rate: 'walk' },
  'walk:accept': { access: 'live session', rate: 'walk' },
  'walk:decline': { access: 'live session', rate: 'walk' },
  'walk:cancel': { access: 'live session', rate: 'walk' },
  'session:refresh': { access: 'new token', rate: 'session' },
}
