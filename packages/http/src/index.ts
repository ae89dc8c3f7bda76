export { type HttpEdgeConfig, httpEdge } from './edge.ts'
export { etagOf, matches } from './etag.ts'
export type { Handlers, RequestContext } from './handlers.ts'
