/** Runs work as room comes free, in the order of arrival. */
export interface FairQueue {
  run<T>(work: () => Promise<T>): Promise<T>
  waiting(): number
}

export function fairQueue(concurrency: number): FairQueue {
  const line: (() => void)[] = []
  let running = 0

  return {
    waiting: () => line.length,
    async run(work) {
      if (running < concurrency) running += 1
      // Whoever leaves hands their place over, so that nobody slips in between.
      else await new Promise<void>(resolve => line.push(resolve))
      try {
        return await work()
      } finally {
        const next = line.shift()
        if (next) next()
        else running -= 1
      }
    },
  }
}
