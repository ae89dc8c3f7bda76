import type { Route } from '../declarative/kong-config.ts'
import type { Exchange } from '../exchange.ts'
import { HeaderList } from './header-list.ts'
import { dropFromRequest } from './hop-by-hop.ts'

/** The headers that a service gets: the client's, edited by plugins, and Kong's `X-Forwarded-*`. */
export function forwardedHeaders(
  { requestHeaders, clientAddress }: Exchange,
  { service, preserveHost }: Route,
  connection: { host: string; port: number; rawPath: string; strippedPrefix: string | undefined },
): readonly string[] {
  const headers = new HeaderList([...requestHeaders.flat])
  const wantsTrailers = headers.all('te').some(value => /\btrailers\b/i.test(value))
  dropFromRequest(headers)
  if (wantsTrailers) headers.set('TE', 'trailers')

  if (service && !preserveHost)
    headers.set('Host', service.port === 80 ? service.host : `${service.host}:${service.port}`)
  const before = headers.all('x-forwarded-for')
  headers.set('X-Forwarded-For', [...before, clientAddress].join(', '))
  headers.set('X-Forwarded-Proto', 'http')
  headers.set('X-Forwarded-Host', connection.host.replace(/:\d*$/, '').toLowerCase())
  headers.set('X-Forwarded-Port', String(connection.port))
  headers.set('X-Forwarded-Path', connection.rawPath)
  if (connection.strippedPrefix !== undefined && connection.strippedPrefix !== '/')
    headers.set('X-Forwarded-Prefix', connection.strippedPrefix)
  headers.set('X-Real-IP', clientAddress)
  return headers.flat
}
