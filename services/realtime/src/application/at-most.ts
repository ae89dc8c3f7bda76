/** Runs at most `limit` of what it is given at the same time; the rest waits its turn. */
export function atMost(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async work => {
    if (running === limit) await new Promise<void>(resolve => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // The turn is passed on: nobody who comes meanwhile takes it.
      if (next) next()
      else running -= 1
    }
  }
}
