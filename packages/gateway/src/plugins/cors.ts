import { z } from 'zod'
import type { Answer } from '../exchange.ts'
import type { HeaderList } from '../http/header-list.ts'
import { regexFault } from '../routing/router.ts'
import { definePlugin } from './plugin.ts'

const isPlain = (origin: string): boolean => /^[A-Za-z0-9.:/-]+$/.test(origin)

const origin = z.string().superRefine((value, context) => {
  if (value === '*') context.addIssue('* is not implemented: name the origins')
  const reason = isPlain(value) ? undefined : regexFault(value)
  if (reason) context.addIssue(reason)
})
const texts = z.array(z.string().min(1)).min(1)

/** Says which pages may call, and answers preflights before any other plugin asks for a token. */
export const cors = definePlugin({
  name: 'cors',
  priority: 2_000,
  config: z.strictObject({
    origins: z.array(origin).min(2, 'must have two or more: with one alone Kong sends it to everybody'),
    methods: texts,
    headers: texts,
    exposed_headers: texts.optional(),
    credentials: z.boolean().default(false),
    max_age: z.number().optional(),
    preflight_continue: z.literal(false, 'is not implemented').default(false),
  }),
  create: config => {
    const allowed = config.origins.map(originTest)

    const answerOrigin = (headers: HeaderList, given: string | undefined): void => {
      const normal = given === undefined ? undefined : normalOrigin(given)
      if (normal && allowed.some(test => test(normal)))
        headers.set('Access-Control-Allow-Origin', normal.domain)
      else headers.delete('Access-Control-Allow-Origin')
      if (config.credentials) headers.set('Access-Control-Allow-Credentials', 'true')
    }
    const preflights = new WeakSet<HeaderList>()

    return {
      access({ method, requestHeaders, answerHeaders }): Answer | undefined {
        const given = requestHeaders.get('origin')
        if (
          method !== 'OPTIONS' ||
          given === undefined ||
          !requestHeaders.has('access-control-request-method')
        )
          return undefined
        preflights.add(answerHeaders)
        answerHeaders.set('Vary', 'Origin')
        answerOrigin(answerHeaders, given)
        answerHeaders.set('Access-Control-Allow-Headers', config.headers.join(','))
        answerHeaders.set('Access-Control-Allow-Methods', config.methods.join(','))
        if (config.max_age !== undefined) answerHeaders.set('Access-Control-Max-Age', String(config.max_age))
        return { status: 200, headers: [], body: '', source: 'exit' }
      },
      headerFilter({ requestHeaders, answerHeaders }, head) {
        if (preflights.has(answerHeaders)) return
        head.headers.add('Vary', 'Origin')
        answerOrigin(head.headers, requestHeaders.get('origin'))
        if (config.exposed_headers)
          head.headers.set('Access-Control-Expose-Headers', config.exposed_headers.join(','))
      },
    }
  },
})

interface Origin {
  /** Scheme, host and port, without the port where it is the scheme's own. */
  domain: string
  host: string
}

function originTest(entry: string): (origin: Origin) => boolean {
  if (isPlain(entry)) {
    const { domain } = normalOrigin(entry)
    return origin => origin.domain === domain
  }
  const regex = new RegExp(`^(?:${entry.replace(/^\^/, '').replace(/\$$/, '')})$`)
  const byHost = !entry.includes(':')
  return ({ domain, host }) => regex.test(byHost ? host : domain)
}

function normalOrigin(origin: string): Origin {
  const parsed = /^(?:([a-z][a-z0-9+.-]*):)?\/\/([^/?#:]+|\[[^\]]*\])(?::(\d*))?$/i.exec(origin)
  if (!parsed) return { domain: origin, host: origin }
  const [, scheme, host, port] = parsed
  const ownPort = (scheme === 'http' && port === '80') || (scheme === 'https' && port === '443')
  return {
    domain: `${scheme ? `${scheme}://` : ''}${host}${port && !ownPort ? `:${port}` : ''}`,
    host: host!,
  }
}
