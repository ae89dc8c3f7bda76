import { readFileSync } from 'node:fs'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { type ConsumerKey, type ConsumerKeys, consumerKey } from '../plugins/consumer-keys.ts'
import { anyPlugin } from '../plugins/index.ts'
import type { ConfiguredPlugin } from '../plugins/plugin.ts'
import { type RouteConditions, regexFault } from '../routing/router.ts'

/** A plugin, with where it stands in the file. */
export interface PlacedPlugin extends ConfiguredPlugin {
  place: string
}

export interface Service {
  name: string
  protocol: 'http'
  host: string
  port: number
  path: string
  connectTimeoutMs: number
  /** The longest pause of an answer, and of a websocket. */
  readTimeoutMs: number
  /** Further attempts after the first one failed. */
  retries: number
  plugins: readonly PlacedPlugin[]
}

export interface Route extends RouteConditions {
  service: Service | undefined
  tags: readonly string[]
  stripPath: boolean
  preserveHost: boolean
  /** Waits for small bodies to be whole before it bothers a service. */
  buffersRequests: boolean
  plugins: readonly PlacedPlugin[]
}

/** A declarative file of Kong's, checked and taken apart. */
export interface KongConfig {
  plugins: readonly PlacedPlugin[]
  routes: readonly Route[]
  services: readonly Service[]
  consumerKeys: ConsumerKeys
}

export interface KongConfigFault {
  /** `services[0] identity › routes[1] login › plugins[0] rate-limiting › config.sync_rate` */
  place: string
  line: number
  message: string
}

/** Everything in the file that the local gateway, and mostly Kong too, would not do as written. */
export class KongConfigError extends Error {
  override readonly name = 'KongConfigError'
  readonly faults: readonly KongConfigFault[]
  constructor(faults: readonly KongConfigFault[]) {
    super(
      `The gateway's file has ${faults.length} fault(s):\n${faults.map(f => `  line ${f.line}, ${f.place}: ${f.message}`).join('\n')}`,
    )
    this.faults = faults
  }
}

const name = z
  .string()
  .regex(/^[\w.~-]+$/, 'must have letters, digits, dots, dashes, underscores and tildes only')
const tags = z.array(z.string().min(1)).default([])
const timeout = z.int().min(1).max(2_147_483_646).default(60_000)
const plugins = z.array(anyPlugin).default([])

const path = z.string().superRefine((value, context) => {
  if (!value.startsWith('/') && !value.startsWith('~/'))
    context.addIssue('must start with / or, a regular expression, with ~/')
  else if (value.startsWith('/') && /[()[\]{}$^*+?|\\]/.test(value))
    context.addIssue('is a prefix with signs of a regular expression: Kong needs a leading ~')
  const reason = value.startsWith('~') ? regexFault(value.slice(1)) : undefined
  if (reason) context.addIssue(reason)
})
const headerValue = z.string().superRefine((value, context) => {
  const reason = value.startsWith('~*') ? regexFault(value.slice(2)) : undefined
  if (reason) context.addIssue(reason)
})

const route = z.strictObject({
  name,
  paths: z.array(path).min(1, 'must have a path: routes by other conditions alone are not implemented'),
  methods: z.array(z.string().regex(/^[A-Z]+$/)).default([]),
  headers: z.record(z.string(), z.array(headerValue).min(1)).default({}),
  regex_priority: z.int().min(0).default(0),
  strip_path: z.boolean().default(true),
  preserve_host: z.boolean().default(false),
  path_handling: z.literal('v0', 'is not implemented: only v0 is').default('v0'),
  protocols: z
    .array(z.enum(['http', 'https']))
    .refine(list => list.includes('http'), 'must have http: the local gateway speaks no TLS')
    .optional(),
  request_buffering: z.boolean().default(true),
  response_buffering: z.boolean().default(true),
  tags,
  plugins,
})

const service = z
  .strictObject({
    name,
    url: z.string().superRefine((value, context) => {
      if (!/^http:\/\/[\w.-]+(:\d+)?(\/[^?#]*)?$/.test(value))
        context.addIssue('must be http://host[:port][/path]')
    }),
    connect_timeout: timeout,
    read_timeout: timeout,
    write_timeout: timeout,
    retries: z.int().min(0).max(32_767).default(5),
    tags,
    routes: z.array(route).default([]),
    plugins,
  })
  .superRefine((given, context) => {
    if (given.read_timeout !== given.write_timeout)
      context.addIssue({
        code: 'custom',
        path: ['write_timeout'],
        message: 'must equal read_timeout: the local gateway has one timer for both',
      })
  })

const consumer = z.strictObject({
  username: z.string().min(1),
  tags,
  jwt_secrets: z
    .array(
      z.strictObject({
        key: z.string().min(1),
        algorithm: z.enum(['EdDSA', 'ES256'], 'is not implemented: only EdDSA and ES256 are'),
        rsa_public_key: z.string(),
        tags,
      }),
    )
    .default([]),
})

const file = z.strictObject({
  _format_version: z.literal('3.0'),
  _transform: z.literal(true).optional(),
  plugins,
  consumers: z.array(consumer).default([]),
  routes: z.array(route).default([]),
  services: z.array(service).default([]),
})

type Path = readonly PropertyKey[]

/**
 * Reads a declarative file.
 * @throws KongConfigError naming every plugin, field and value that the local gateway does not implement
 */
export function parseKongConfig(yamlText: string): KongConfig {
  const lines = new LineCounter()
  const document = parseDocument(yamlText, { lineCounter: lines })
  if (document.errors.length > 0)
    throw new KongConfigError(
      document.errors.map(error => ({
        place: '(file)',
        line: error.linePos?.[0].line ?? 0,
        message: error.message.split('\n')[0]!,
      })),
    )

  const faults: KongConfigFault[] = []
  const blame = (at: Path, message: string): void => {
    faults.push({ place: placeOf(document, at), line: lineOf(document, lines, at), message })
  }

  const parsed = file.safeParse(document.toJS())
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      if (issue.code === 'unrecognized_keys')
        for (const key of issue.keys)
          blame([...issue.path, key], 'the local gateway does not implement this field')
      else if (issue.code === 'invalid_union' && issue.path.at(-1) === 'name')
        blame(issue.path.slice(0, -1), 'the local gateway does not implement this plugin')
      else blame(issue.path, issue.message)
    }
    throw new KongConfigError(faults)
  }

  const placed = (list: readonly ConfiguredPlugin[], at: Path): PlacedPlugin[] => {
    const seen = new Set<string>()
    return list.map((plugin, index) => {
      if (seen.has(plugin.name)) blame([...at, 'plugins', index], 'is the second of its name here')
      seen.add(plugin.name)
      return { ...plugin, place: placeOf(document, [...at, 'plugins', index]) }
    })
  }
  const routeOf = (given: z.output<typeof route>, of: Service | undefined, at: Path): Route => {
    if (new Set(given.paths.map(one => (one.startsWith('~') ? '~' : one.length))).size > 1)
      blame(
        [...at, 'paths'],
        'mixes prefixes of several lengths, or prefixes and regular expressions: make them routes of their own',
      )
    return {
      name: given.name,
      paths: given.paths,
      methods: given.methods,
      headers: given.headers,
      regexPriority: given.regex_priority,
      service: of,
      tags: given.tags,
      stripPath: given.strip_path,
      preserveHost: given.preserve_host,
      buffersRequests: given.request_buffering,
      plugins: placed(given.plugins, at),
    }
  }

  const routes: Route[] = parsed.data.routes.map((given, index) =>
    routeOf(given, undefined, ['routes', index]),
  )
  const services = parsed.data.services.map((given, index): Service => {
    const at = ['services', index]
    const url = new URL(given.url)
    const of: Service = {
      name: given.name,
      protocol: 'http',
      host: url.hostname,
      port: url.port === '' ? 80 : Number(url.port),
      path: url.pathname,
      connectTimeoutMs: given.connect_timeout,
      readTimeoutMs: given.read_timeout,
      retries: given.retries,
      plugins: placed(given.plugins, at),
    }
    routes.push(...given.routes.map((one, nth) => routeOf(one, of, [...at, 'routes', nth])))
    return of
  })

  for (const [kind, all] of [['route', routes] as const, ['service', services] as const]) {
    const names = new Set<string>()
    for (const { name: own } of all) {
      if (names.has(own)) blame([], `has two ${kind}s of the name ${own}`)
      names.add(own)
    }
  }

  const consumerKeys = new Map<string, ConsumerKey>()
  for (const [index, { username, jwt_secrets }] of parsed.data.consumers.entries())
    for (const [nth, { key, algorithm, rsa_public_key }] of jwt_secrets.entries()) {
      const at = ['consumers', index, 'jwt_secrets', nth]
      try {
        if (consumerKeys.has(key)) throw new Error('is a key name for the second time')
        consumerKeys.set(key, consumerKey(username, algorithm, rsa_public_key))
      } catch (error) {
        blame([...at, 'rsa_public_key'], error instanceof Error ? error.message : String(error))
      }
    }

  const config = { plugins: placed(parsed.data.plugins, []), routes, services, consumerKeys }
  if (faults.length > 0) throw new KongConfigError(faults)
  return config
}

/** Takes a declarative file as text, or as the path of one. */
export const kongYamlOf = (config: string): string =>
  config.includes('\n') ? config : readFileSync(config, 'utf8')

function placeOf(document: Document, at: Path): string {
  const steps: string[] = []
  for (const [depth, key] of at.entries()) {
    if (typeof key === 'number') {
      const own =
        document.getIn([...at.slice(0, depth + 1), 'name']) ??
        document.getIn([...at.slice(0, depth + 1), 'username']) ??
        document.getIn([...at.slice(0, depth + 1), 'key'])
      steps.push(`${steps.pop() ?? ''}[${key}]${own === undefined ? '' : ` ${String(own)}`}`)
    } else if (typeof at[depth - 1] === 'string') steps.push(`${steps.pop()}.${String(key)}`)
    else steps.push(String(key))
  }
  return steps.join(' › ') || '(file)'
}

function lineOf(document: Document, lines: LineCounter, at: Path): number {
  for (let depth = at.length; depth > 0; depth--) {
    const node = document.getIn(at.slice(0, depth), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}
