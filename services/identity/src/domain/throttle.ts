/** Attempts under one key (an account from one network, say) that have not been followed by a success. */
export interface Throttle {
  attempts: number
  lastAt: Date
  blockedUntil: Date
}

export interface ThrottlePolicy {
  /** So many attempts in a row cost nothing. */
  freeAttempts: number
  /** After the next one; doubles with each. */
  firstDelayMs: number
  maxDelayMs: number
  /** Without an attempt for so long, all is forgotten. */
  forgetAfterMs: number
}

const untouched = (now: Date): Throttle => ({ attempts: 0, lastAt: now, blockedUntil: now })

/** Until when no attempt is admitted; undefined where one is. */
export function blockedUntil(throttle: Throttle | undefined, now: Date): Date | undefined {
  return throttle && throttle.blockedUntil > now ? throttle.blockedUntil : undefined
}

/** Counted before its outcome is known, so that attempts at the same moment cannot share one allowance. */
export function attempted(throttle: Throttle | undefined, policy: ThrottlePolicy, now: Date): Throttle {
  const forgotten = !throttle || now.getTime() - throttle.lastAt.getTime() >= policy.forgetAfterMs
  const attempts = (forgotten ? untouched(now) : throttle).attempts + 1
  const over = attempts - policy.freeAttempts
  const delayMs = over < 0 ? 0 : Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** over)
  return { attempts, lastAt: now, blockedUntil: new Date(now.getTime() + delayMs) }
}

/** An attempt that turned out not to be a guess. A delay that runs goes on: other attempts have earned it. */
export function unattempted(throttle: Throttle, policy: ThrottlePolicy): Throttle {
  const attempts = Math.max(0, throttle.attempts - 1)
  return {
    ...throttle,
    attempts,
    blockedUntil: attempts < policy.freeAttempts ? throttle.lastAt : throttle.blockedUntil,
  }
}
