import { precondition, unavailable } from '@walking-buddy/errors'
import type { Clock } from '@walking-buddy/service-kit'
import { assertUntil, type UntilWish } from '../domain/availability.ts'
import type { AskForChange } from './ask-for-change.ts'
import type { ConsentCheck } from './check-consent.ts'
import type { AvailabilityView } from './ports.ts'

/**
 * Switches a person on or off; off needs nobody's leave.
 * @throws AppError invalid `until-out-of-range`; precondition `location-disabled`; unavailable
 */
export type SetAvailability = (
  userId: string,
  wish: { available: false } | { available: true; until: UntilWish },
) => Promise<AvailabilityView>

export function setAvailability(deps: {
  consents: ConsentCheck
  ask: AskForChange
  clock: Clock
}): SetAvailability {
  const { consents, ask, clock } = deps
  return async (userId, wish) => {
    if (!wish.available) return view(await ask(userId, { kind: 'switch-off' }))
    assertUntil(wish.until, clock.now())
    const person = (await consents.of([userId])).get(userId)
    if (!person)
      throw unavailable('unavailable', 'Consent cannot be checked right now.', { retryAfterSeconds: 1 })
    const consent = consents.consentOf(person)
    if (!consent.given) throw locationDisabled()
    const outcome = await ask(userId, { kind: 'switch-on', until: wish.until, consent })
    return view(outcome)
  }
}

function view(outcome: Awaited<ReturnType<AskForChange>>): AvailabilityView {
  if (outcome.kind === 'refused') throw locationDisabled()
  return outcome.availability
}

/** `isLocationEnabled` is off: nothing is taken of where its owner is. */
export const locationDisabled = () =>
  precondition(
    'location-disabled',
    'Location is switched off: set isLocationEnabled in the preferences first.',
  )
