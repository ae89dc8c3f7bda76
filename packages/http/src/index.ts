export { httpEdge, type HttpEdgeConfig } from './edge.ts'
export { type Handlers, type RequestContext } from './handlers.ts'
export { etagOf, matches } from './etag.ts'
