/** Requests of each caller in the present window of each limit; outlives a reload of the file. */
export interface WindowCounters {
  window(limit: string, startSeconds: number): Map<string, number>
}

/** How many callers a window remembers: enough for any one machine, and an end to what forged addresses can fill. */
const mostCallers = 200_000

export function createWindowCounters(): WindowCounters {
  const windows = new Map<string, { startSeconds: number; counts: Map<string, number> }>()
  return {
    window(limit, startSeconds) {
      let present = windows.get(limit)
      if (present?.startSeconds !== startSeconds) {
        present = { startSeconds, counts: new Map() }
        windows.set(limit, present)
      }
      const { counts } = present
      if (counts.size > mostCallers) counts.delete(counts.keys().next().value!)
      return counts
    },
  }
}
