import { exhausted } from '@walking-buddy/errors'
import { emailKey } from '../domain/email.ts'
import { attempted, blockedUntil, type ThrottlePolicy, unattempted } from '../domain/throttle.ts'
import type { Clock, Seals, Throttles } from './ports.ts'
import type { TakeTurns } from './turns.ts'

/** Where an attempt comes from: a device that has signed in to the account before, or a network. */
export type AttemptSource = { kind: 'device'; deviceId: string } | { kind: 'network'; network: string }

export interface LoginPolicies {
  /** Of one account from one source. */
  source: ThrottlePolicy
  /** Of one account from all sources but known devices. */
  account: ThrottlePolicy
}

/** Runs a check of a password, which says whether it was right, within the allowance of its account and source. */
export type GuardedAttempt = (
  email: string,
  source: AttemptSource,
  isRight: () => Promise<boolean>,
) => Promise<boolean>

/**
 * Wrong passwords make an account wait from where they came, and after many more from everywhere; a known device has
 * an allowance that no stranger can use up. Addresses that nobody has are treated the same.
 *
 * An attempt counts before its outcome is known. So that a person's own parallel sign-ins do not count against each
 * other, those of one account and source take turns.
 */
export function guardedAttempt(needs: {
  throttles: Throttles
  policies: LoginPolicies
  seals: Pick<Seals, 'pseudonym'>
  turns: TakeTurns
  clock: Clock
}): GuardedAttempt {
  const { throttles, policies, seals, turns, clock } = needs

  const admit = (keys: readonly string[], limits: readonly ThrottlePolicy[]) =>
    throttles.update(keys, states => {
      const now = new Date(clock.now())
      const waits = states.flatMap(state => blockedUntil(state, now) ?? []).map(until => until.getTime())
      if (waits.length > 0) return { result: Math.max(...waits) - now.getTime() }
      return { keep: states.map((state, i) => attempted(state, limits[i]!, now)), result: 0 }
    })

  const forget = (keys: readonly string[], limits: readonly ThrottlePolicy[], succeeded: boolean) =>
    throttles.update(keys, states => ({
      keep: states.map((state, i) =>
        state === undefined || (succeeded && i === 0) ? undefined : unattempted(state, limits[i]!),
      ),
      result: undefined,
    }))

  return (email, source, isRight) => {
    const account = emailKey(email)
    const own =
      source.kind === 'device'
        ? seals.pseudonym('login device', account, source.deviceId)
        : seals.pseudonym('login network', account, source.network)
    const keys = source.kind === 'device' ? [own] : [own, seals.pseudonym('login account', account)]
    const limits = [policies.source, policies.account].slice(0, keys.length)

    return turns(own, async () => {
      const waitMs = await admit(keys, limits)
      if (waitMs > 0)
        throw exhausted('too-many-attempts', 'Too many attempts to sign in: wait a while.', {
          retryAfterSeconds: Math.ceil(waitMs / 1_000),
        })
      let right: boolean
      try {
        right = await isRight()
      } catch (error) {
        await forget(keys, limits, false)
        throw error
      }
      if (right) await forget(keys, limits, true)
      return right
    })
  }
}
