/** One dependency that must work before traffic is taken; rejects with the reason when it does not. */
export type ReadinessCheck = () => Promise<void>

/** Readiness of a service. Liveness never looks at dependencies and needs no state here. */
export interface Health {
  /** Adds a dependency; its check gets one second. */
  require(name: string, check: ReadinessCheck): void
  /** From now on the service says that it is not ready (shutdown began). */
  drain(): void
  /** `ready` and the faults that prevent it. */
  report(): Promise<{ ready: boolean; faults: Record<string, string> }>
}

/** Health with nothing required yet. */
export function createHealth(): Health {
  const checks = new Map<string, ReadinessCheck>()
  let draining = false
  const within = (check: ReadinessCheck): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer within 1 s')), 1_000)
      check()
        .then(resolve, reject)
        .finally(() => clearTimeout(timer))
    })
  return {
    require: (name, check) => void checks.set(name, check),
    drain: () => {
      draining = true
    },
    report: async () => {
      if (draining) return { ready: false, faults: { service: 'draining' } }
      const names = [...checks.keys()]
      const results = await Promise.allSettled(names.map(name => within(checks.get(name)!)))
      const faults: Record<string, string> = {}
      results.forEach((result, i) => {
        if (result.status === 'rejected')
          faults[names[i]!] = result.reason instanceof Error ? result.reason.message : 'failed'
      })
      return { ready: Object.keys(faults).length === 0, faults }
    },
  }
}
