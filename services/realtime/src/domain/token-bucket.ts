/** How often something may be done: `burst` at once, then `perSecond`. */
export interface Rate {
  burst: number
  perSecond: number
}

/** Counts one thing that one connection does. */
export interface TokenBucket {
  /** 0: granted. Else the milliseconds until the next would be. */
  take(nowMs: number): number
}

export function tokenBucket({ burst, perSecond }: Rate): TokenBucket {
  let tokens = burst
  let countedAtMs = Number.NEGATIVE_INFINITY
  return {
    take(nowMs) {
      tokens = Math.min(burst, tokens + ((nowMs - countedAtMs) / 1000) * perSecond)
      countedAtMs = nowMs
      if (tokens >= 1) {
        tokens -= 1
        return 0
      }
      return Math.ceil(((1 - tokens) / perSecond) * 1000)
    },
  }
}
