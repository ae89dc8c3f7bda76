import { z } from 'zod'
import { definePlugin } from './plugin.ts'

/** Counts requests, latencies and bytes under the names that Kong gives them. */
export const prometheus = definePlugin({
  name: 'prometheus',
  priority: 13,
  config: z.strictObject({
    status_code_metrics: z.boolean().default(false),
    latency_metrics: z.boolean().default(false),
    bandwidth_metrics: z.boolean().default(false),
    upstream_health_metrics: z.literal(false, 'is not implemented').default(false),
    per_consumer: z.literal(false, 'is not implemented').default(false),
  }),
  create: ({ status_code_metrics, latency_metrics, bandwidth_metrics }, { traffic }) => ({
    log({ route }, outcome) {
      if (!route) return
      const of = traffic.of(route.service?.name ?? '', route.name)
      if (status_code_metrics) of.request(outcome)
      if (latency_metrics) of.latency(outcome)
      if (bandwidth_metrics) of.bandwidth(outcome)
    },
  }),
})
