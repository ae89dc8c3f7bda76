/** Something to tell of which only the newest counts. */
export interface Latest {
  name: string
  /** Made when it is sent; undefined: there is nothing to tell any more. */
  data: () => unknown
  /** Not told when it is older than this by then. */
  maxAgeMs: number
}

/** What waits for a connection that does not take more right now: one thing per key, so that it never grows. */
export interface LatestBox {
  put(key: string, latest: Latest, nowMs: number): void
  /** Empties it. */
  take(nowMs: number): Latest[]
}

export function latestBox(): LatestBox {
  // Most connections are idle most of the time.
  let waiting: Map<string, { latest: Latest; untilMs: number }> | undefined
  return {
    put(key, latest, nowMs) {
      waiting ??= new Map()
      waiting.set(key, { latest, untilMs: nowMs + latest.maxAgeMs })
    },
    take(nowMs) {
      if (!waiting) return []
      const taken = [...waiting.values()].filter(({ untilMs }) => nowMs <= untilMs)
      waiting = undefined
      return taken.map(({ latest }) => latest)
    },
  }
}
