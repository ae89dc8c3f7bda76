import type { HeaderList } from './header-list.ts'

/** Headers of one connection, which a proxy must not pass on (RFC 9110, 7.6.1), and those that Kong drops beside them. */
const ofOneConnection = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']
const ofRequests = ['expect', 'proxy', 'proxy-authorization']
const ofResponses = ['proxy-authenticate']

export const dropFromRequest = (headers: HeaderList): void => drop(headers, ofRequests)
export const dropFromResponse = (headers: HeaderList): void => drop(headers, ofResponses)

function drop(headers: HeaderList, more: readonly string[]): void {
  for (const named of headers.all('connection').join(',').split(',')) {
    const name = named.trim().toLowerCase()
    // A client must not be able to cut out what the gateway or the service relies on.
    if (name !== '' && !keptThoughNamed.has(name)) headers.delete(name)
  }
  for (const name of ofOneConnection) headers.delete(name)
  for (const name of more) headers.delete(name)
}

const keptThoughNamed = new Set(['authorization', 'content-length', 'host', 'x-limit-key', 'x-request-id', 'x-user-id'])
