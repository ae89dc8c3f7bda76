import type { Caller } from '@walking-buddy/access'
import type { OperationInput, OperationReply, OperationShape } from '@walking-buddy/contracts/rest'

/** What a handler may know of a request beside its validated input. */
export interface RequestContext<O extends OperationShape> {
  caller: O['access'] extends { kind: 'user' } ? Caller : undefined
  requestId: string
  /** Of the client, by the gateway's word (X-Forwarded-For is set there). */
  ip: string
  idempotencyKey: string | undefined
  ifMatch: string | undefined
  /** Lower-case header names; for the few operations that read cookies, Origin or a device token. */
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** One handler for each operation: a missing one does not compile. */
export type Handlers<Operations extends Readonly<Record<string, OperationShape>>> = {
  [K in keyof Operations]: (
    input: OperationInput<Operations[K]>,
    context: RequestContext<Operations[K]>,
  ) => Promise<OperationReply<Operations[K]>>
}
