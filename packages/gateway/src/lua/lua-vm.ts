import { readFileSync } from 'node:fs'
import type { Answer, Exchange } from '../exchange.ts'
import type { HeaderList } from '../http/header-list.ts'
import type { Hooks } from '../plugins/hooks.ts'
import { createLuaState, LuaError } from './lua-state.ts'
import { luaFault } from './source-check.ts'

const phases = ['access', 'header_filter', 'body_filter', 'log'] as const
const calls = [
  'load',
  'route',
  'access',
  'header_filter',
  'body_filter',
  'log',
  'close',
  'kilobytes',
] as const

/** One Lua state with the PDK in it: the functions of one reading of the file, and the contexts of its requests. */
export interface LuaVm {
  /** @throws LuaError when the source does not compile, or uses what is not implemented */
  load(sources: Record<(typeof phases)[number], readonly string[]>, place: string): Hooks
  declareRoute(name: string, tags: readonly string[]): void
  /** Forgets what the Lua kept of an exchange. */
  close(exchange: Exchange): void
  memoryKilobytes(): number
}

export async function createLuaVm(): Promise<LuaVm> {
  const pdk = readFileSync(new URL('./pdk.lua', import.meta.url), 'utf8')
  const { call } = await createLuaState(pdk, calls, { decode_base64: decodeBase64 })
  const contexts = new WeakMap<Exchange, number>()
  let plugins = 0
  let exchanges = 0

  const handleOf = (exchange: Exchange): number => {
    const known = contexts.get(exchange)
    if (known !== undefined) return known
    exchanges++
    contexts.set(exchange, exchanges)
    return exchanges
  }
  /** The request as other plugins have left it by now. */
  const requestOf = ({ id, clientAddress, route, requestHeaders }: Exchange) =>
    [id, clientAddress, route?.name ?? null, asLines(requestHeaders)] as const

  return {
    load(sources, place) {
      const plugin = ++plugins
      for (const phase of phases)
        for (const [index, source] of sources[phase].entries()) {
          const name = `${place} › config.${phase}[${index}]`
          const reason = luaFault(source)
          if (reason) throw new LuaError(`${name}: ${reason}`)
          try {
            call('load', plugin, phase, source)
          } catch (error) {
            throw new LuaError(`${name}: ${error instanceof Error ? error.message : String(error)}`)
          }
        }
      return {
        ...(sources.access.length > 0 && {
          access: exchange =>
            applyAccess(exchange, call('access', handleOf(exchange), plugin, ...requestOf(exchange))),
        }),
        ...(sources.header_filter.length > 0 && {
          headerFilter(exchange, head) {
            const edits = call(
              'header_filter',
              handleOf(exchange),
              plugin,
              ...requestOf(exchange),
              head.source,
              head.status,
            )
            for (const [what, name, value] of linesOf(edits)) {
              if (what === 'status') head.status = Number(name)
              else if (what === 'answer') head.headers.set(name, value)
            }
          },
        }),
        ...(sources.body_filter.length > 0 && {
          bodyFilter: (exchange, body) => call('body_filter', handleOf(exchange), plugin, body),
        }),
        ...(sources.log.length > 0 && {
          log(exchange) {
            call('log', handleOf(exchange), plugin)
          },
        }),
      } satisfies Hooks
    },
    declareRoute(name, tags) {
      call('route', name, tags.join('\n'))
    },
    close(exchange) {
      const handle = contexts.get(exchange)
      if (handle !== undefined) call('close', handle)
    },
    memoryKilobytes: () => Number(call('kilobytes')),
  }
}

function asLines(headers: HeaderList): string {
  const { names, flat } = headers
  let lines = '\n'
  for (let at = 0; at < names.length; at++) lines += `${names[at]}\t${flat[at * 2 + 1]}\n`
  return lines
}

/** The edits that pdk.lua describes. */
function linesOf(edits: string): [what: string, name: string, value: string][] {
  if (edits === '') return []
  return edits.split('\n').map(line => {
    const first = line.indexOf('\t')
    const second = line.indexOf('\t', first + 1)
    return second < 0
      ? [line.slice(0, first), line.slice(first + 1), '']
      : [line.slice(0, first), line.slice(first + 1, second), line.slice(second + 1)]
  })
}

function applyAccess({ requestHeaders, answerHeaders }: Exchange, edits: string): Answer | undefined {
  let answer: { status: number; body: string; headers: [string, string][]; source: 'exit' } | undefined
  for (const [what, name, value] of linesOf(edits)) {
    if (what === 'set') requestHeaders.set(name, value)
    else if (what === 'clear') requestHeaders.delete(name)
    else if (what === 'answer') answerHeaders.set(name, value)
    else if (what === 'exit') answer = { status: Number(name), body: value, headers: [], source: 'exit' }
    else if (what === 'exit-header') answer?.headers.push([name, value])
  }
  return answer
}

/** As nginx's: `nil` for what is no base64. */
function decodeBase64(text: string): string | undefined {
  return /^[\w+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString('latin1') : undefined
}
