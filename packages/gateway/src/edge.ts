import type { Metrics } from '@walking-buddy/telemetry'
import type { KongConfig, PlacedPlugin, Route } from './declarative/kong-config.ts'
import type { Answer, Exchange, MatchedRoute, Outcome, ResponseHead } from './exchange.ts'
import { HeaderList } from './http/header-list.ts'
import { createLuaVm } from './lua/lua-vm.ts'
import type { Hooks } from './plugins/hooks.ts'
import type { PluginSite } from './plugins/plugin.ts'
import { createTrafficMetrics, type TrafficMetrics } from './plugins/traffic-metrics.ts'
import { createWindowCounters, type WindowCounters } from './plugins/window-counters.ts'
import { createRouter, type Router } from './routing/router.ts'

/** What outlives a reload of the file. */
export interface EdgeState {
  counters: WindowCounters
  traffic: TrafficMetrics
}

export const createEdgeState = (metrics: Metrics | undefined): EdgeState => ({
  counters: createWindowCounters(),
  traffic: createTrafficMetrics(metrics),
})

/** One reading of the file, ready to serve: its router, and the plugins of each route in Kong's order. */
export interface Edge {
  router: Router<Route>
  /** @returns an answer of a plugin, or nothing when the service is to be called */
  access(exchange: Exchange): Promise<Answer | undefined>
  /** Puts what plugins set in their access phase into the head of a service's answer, and runs `header_filter`. */
  filterHead(exchange: Exchange, head: ResponseHead): void
  /** Runs `header_filter` and `body_filter` over an answer of the gateway's own. */
  finish(exchange: Exchange, answer: Answer): { head: ResponseHead; body: string }
  log(exchange: Exchange, outcome: Outcome): void
  luaMemoryKilobytes(): number
}

/** @param onFault told of failures in phases that cannot change the answer any more */
export async function createEdge(
  config: KongConfig,
  state: EdgeState,
  options: { now: () => number; limitScale: number; onFault: (error: unknown) => void },
): Promise<Edge> {
  const lua = await createLuaVm()
  const site = {
    now: options.now,
    limitScale: options.limitScale,
    lua,
    consumerKeys: config.consumerKeys,
    ...state,
  }
  const instances = new Map<PlacedPlugin, Hooks>()
  const hooksOf = (plugin: PlacedPlugin, scope: string): Hooks => {
    const made =
      instances.get(plugin) ?? plugin.create({ ...site, scope, place: plugin.place } satisfies PluginSite)
    instances.set(plugin, made)
    return made
  }

  // Of several plugins of one name only the one nearest to the route runs.
  const chainOf = (route: Route | undefined): Hooks[] => {
    const nearest = new Map<string, { plugin: PlacedPlugin; scope: string }>()
    const scopes: [string, readonly PlacedPlugin[]][] = [['global', config.plugins]]
    if (route?.service) scopes.push([`service:${route.service.name}`, route.service.plugins])
    if (route) scopes.push([`route:${route.name}`, route.plugins])
    for (const [scope, plugins] of scopes)
      for (const plugin of plugins) if (plugin.enabled) nearest.set(plugin.name, { plugin, scope })
    return [...nearest.values()]
      .sort((a, b) => b.plugin.priority - a.plugin.priority)
      .map(({ plugin, scope }) => hooksOf(plugin, scope))
  }

  for (const route of config.routes) lua.declareRoute(route.name, route.tags)
  const withoutRoute = chainOf(undefined)
  const chains = new Map<MatchedRoute, Hooks[]>(config.routes.map(route => [route, chainOf(route)]))
  const chain = (exchange: Exchange): Hooks[] =>
    (exchange.route && chains.get(exchange.route)) ?? withoutRoute

  const filterHead = (exchange: Exchange, head: ResponseHead): void => {
    const { flat } = exchange.answerHeaders
    for (let at = 0; at < flat.length; at += 2) head.headers.set(flat[at]!, flat[at + 1]!)
    for (const hooks of chain(exchange)) {
      try {
        hooks.headerFilter?.(exchange, head)
      } catch (error) {
        options.onFault(error)
      }
    }
  }

  return {
    router: createRouter(config.routes),
    async access(exchange) {
      for (const hooks of chain(exchange)) {
        const answer = hooks.access?.(exchange)
        const settled = answer instanceof Promise ? await answer : answer
        if (settled) return settled
      }
      return undefined
    },
    filterHead,
    finish(exchange, answer) {
      const headers = new HeaderList([
        ...answer.headers.flat(),
        'Content-Length',
        String(Buffer.byteLength(answer.body)),
      ])
      const head: ResponseHead = { status: answer.status, headers, source: answer.source }
      filterHead(exchange, head)
      let body = answer.body
      for (const hooks of chain(exchange)) {
        try {
          body = hooks.bodyFilter?.(exchange, body) ?? body
        } catch (error) {
          options.onFault(error)
        }
      }
      headers.set('Content-Length', String(Buffer.byteLength(body)))
      return { head, body }
    },
    log(exchange, outcome) {
      for (const hooks of chain(exchange)) {
        try {
          hooks.log?.(exchange, outcome)
        } catch (error) {
          options.onFault(error)
        }
      }
      lua.close(exchange)
    },
    luaMemoryKilobytes: () => lua.memoryKilobytes(),
  }
}
