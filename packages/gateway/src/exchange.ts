import type { HeaderList } from './http/header-list.ts'
import type { RequestBody } from './http/request-body.ts'

/** What plugins may know of the route that was matched. */
export interface MatchedRoute {
  readonly name: string
  readonly service: { readonly name: string } | undefined
}

/** One request on its way, as plugins see it. */
export interface Exchange {
  /** `$kong_request_id`: 32 hexadecimal digits. */
  readonly id: string
  readonly method: string
  readonly clientAddress: string
  /** As the service will get them; plugins edit them. */
  readonly requestHeaders: HeaderList
  readonly body: RequestBody
  /** Absent where nothing matched or the request is no valid HTTP. */
  readonly route: MatchedRoute | undefined
  /** Set by plugins in their access phase, for whatever answer comes. */
  readonly answerHeaders: HeaderList
}

/** An answer that the gateway makes itself. */
export interface Answer {
  status: number
  headers: readonly (readonly [name: string, value: string])[]
  body: string
  /** As Kong's `kong.response.get_source()`: a plugin's decision, or a fault of the gateway or upstream. */
  source: 'exit' | 'error'
}

/** The head of an answer while `header_filter` may still change it. */
export interface ResponseHead {
  status: number
  readonly headers: HeaderList
  readonly source: 'service' | Answer['source']
}

/** How an exchange ended. */
export interface Outcome {
  status: number
  source: ResponseHead['source']
  /** The body was cut off, by the client or by the service. */
  aborted: boolean
  bytesIn: number
  bytesOut: number
  durationMs: number
  /** From the last attempt's start to the head of its answer. */
  upstreamMs: number | undefined
}

/** As `kong.response.exit` and `kong.response.error` of plugins. */
export const exit = (status: number, message: string, headers: Answer['headers'] = []): Answer => ({
  status,
  headers: [['Content-Type', 'application/json; charset=utf-8'], ...headers],
  body: JSON.stringify({ message }),
  source: 'exit',
})

/** A fault of nginx's, Kong's or the service's. */
export const fault = (status: number, message: string): Answer => ({
  ...exit(status, message),
  source: 'error',
})
