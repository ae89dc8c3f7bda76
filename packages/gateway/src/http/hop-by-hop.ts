import type { HeaderList } from './header-list.ts'

/** Headers of one connection, which a proxy must not pass on (RFC 9110, 7.6.1), and those that Kong drops beside them. */
const ofOneConnection = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
const ofRequests = ['expect', 'proxy', 'proxy-authorization']
const ofResponses = ['proxy-authenticate']

export const dropFromRequest = (headers: HeaderList): void => drop(headers, ofRequests)
export const dropFromResponse = (headers: HeaderList): void => drop(headers, ofResponses)

function drop(headers: HeaderList, more: readonly string[]): void {
  for (const named of headers.all('connection').join(',').split(',')) {
    const name = named.trim().toLowerCase()
    if (name !== '' && !ofTheMessage.has(name)) headers.delete(name)
  }
  for (const name of ofOneConnection) headers.delete(name)
  for (const name of more) headers.delete(name)
}

/** What frames and addresses the message goes on though `Connection` names it. */
const ofTheMessage = new Set(['content-length', 'host'])
