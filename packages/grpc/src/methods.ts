import type { MethodDefinition } from '@grpc/grpc-js'

/** A service as ts-proto describes it (`outputServices=grpc-js`). */
// biome-ignore lint/suspicious/noExplicitAny: MethodDefinition is invariant in both messages
export type Definition = Readonly<Record<string, MethodDefinition<any, any>>>

export type RequestOf<M> = M extends { requestDeserialize: (bytes: Buffer) => infer R } ? R : never
export type ResponseOf<M> = M extends { responseDeserialize: (bytes: Buffer) => infer R } ? R : never

/** Who calls, and until when an answer is of use. */
export interface Call {
  /** The calling service, proved by its token. */
  caller: string
  /** Aborts when the caller cancels, its deadline passes or the connection ends. */
  signal: AbortSignal
}

/** Writes one message; resolves when the stream takes more. Rejects once the call has ended. */
export type Send<T> = (message: T) => Promise<void>

type Unary<M> = (request: RequestOf<M>, call: Call) => Promise<ResponseOf<M>>
type ServerStream<M> = (request: RequestOf<M>, send: Send<ResponseOf<M>>, call: Call) => Promise<void>
type ClientStream<M> = (requests: AsyncIterable<RequestOf<M>>, call: Call) => Promise<ResponseOf<M>>
type Bidi<M> = (requests: AsyncIterable<RequestOf<M>>, send: Send<ResponseOf<M>>, call: Call) => Promise<void>

type Streams<M, Req extends boolean, Res extends boolean> = M extends {
  requestStream: Req
  responseStream: Res
}
  ? true
  : false

/** What implements a service: a promise for unary calls, `send` for streams. Failures are AppErrors. */
export type Handlers<D extends Definition> = {
  [K in keyof D]: Streams<D[K], true, true> extends true
    ? Bidi<D[K]>
    : Streams<D[K], false, true> extends true
      ? ServerStream<D[K]>
      : Streams<D[K], true, false> extends true
        ? ClientStream<D[K]>
        : Unary<D[K]>
}

/** The client's end of a call that streams both ways. */
export interface Duplex<Req, Res> {
  /** Writes one message; resolves when the stream takes more. Rejects once the call has ended. */
  send: Send<Req>
  /** Ends when the server ends the call; throws an AppError when it failed. */
  responses: AsyncIterable<Res>
  /** No more messages from here. */
  end(): void
}
