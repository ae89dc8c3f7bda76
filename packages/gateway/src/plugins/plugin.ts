import { z } from 'zod'
import type { LuaVm } from '../lua/lua-vm.ts'
import type { ConsumerKeys } from './consumer-keys.ts'
import type { Hooks } from './hooks.ts'
import type { TrafficMetrics } from './traffic-metrics.ts'
import type { WindowCounters } from './window-counters.ts'

/** Where a plugin stands, and what it may use. */
export interface PluginSite {
  /** `global`, `service:<name>` or `route:<name>`: what its counters belong to. */
  scope: string
  /** For people: its place in the file. */
  place: string
  /** Milliseconds since the epoch. */
  now(): number
  /** Multiplies rate limits; 1 in production. */
  limitScale: number
  lua: LuaVm
  consumerKeys: ConsumerKeys
  counters: WindowCounters
  traffic: TrafficMetrics
}

/** A plugin as the file configures it. */
export interface ConfiguredPlugin {
  name: string
  priority: number
  enabled: boolean
  create(site: PluginSite): Hooks
}

/** Declares a plugin: what its configuration may say, and what it does. A field that is not in `config` is refused. */
export function definePlugin<Name extends string, Config extends z.ZodType>(definition: {
  name: Name
  priority: number
  config: Config
  create(config: z.output<Config>, site: PluginSite): Hooks
}) {
  const { name, priority, config, create } = definition
  return z
    .strictObject({
      name: z.literal(name),
      config,
      enabled: z.boolean().default(true),
      tags: z.array(z.string()).default([]),
    })
    .transform((given): ConfiguredPlugin => {
      const { config: own, enabled } = given as { config: z.output<Config>; enabled: boolean }
      return { name, priority, enabled, create: site => create(own, site) }
    })
}
