import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/**
 * The metrics of one service instance. Label values are closed sets (operation ids, topics, outcomes):
 * never ids of people or things, so that cardinality stays bounded.
 */
export interface Metrics {
  counter<L extends string>(name: string, help: string, labels: readonly L[]): Counter<L>
  gauge<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    collect?: (gauge: Gauge<L>) => void | Promise<void>,
  ): Gauge<L>
  /** Seconds, with buckets from 1 ms to 10 s, unless other buckets are given. */
  histogram<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>
  contentType: string
  text(): Promise<string>
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** An own registry; `runtime` adds event-loop, heap and CPU figures of the process (once a process). */
export function createMetrics(options: { service: string; runtime?: boolean }): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service: options.service })
  if (options.runtime) collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 })
  const registers = [registry]
  // Asking for a name again gives the same metric: two parts of a service may count the same thing.
  const once = <T>(name: string, make: () => T): T =>
    (registry.getSingleMetric(name) as T | undefined) ?? make()
  return {
    counter: (name, help, labelNames) => once(name, () => new Counter({ name, help, labelNames, registers })),
    gauge: (name, help, labelNames, collect) =>
      once(
        name,
        () =>
          new Gauge({
            name,
            help,
            labelNames,
            registers,
            ...(collect
              ? {
                  collect() {
                    return collect(this)
                  },
                }
              : {}),
          }),
      ),
    histogram: (name, help, labelNames, buckets = secondsBuckets) =>
      once(name, () => new Histogram({ name, help, labelNames, registers, buckets: [...buckets] })),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}
