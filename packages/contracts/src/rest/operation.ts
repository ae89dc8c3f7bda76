import type { z } from 'zod'

/** Who may call an operation. There is no default: an operation without a rule does not compile. */
export type Access =
  /** Anyone. */
  | { kind: 'public' }
  /** A person with an access token whose session is alive; with `roles`, one who has one of them. */
  | { kind: 'user'; roles?: readonly string[] }

export interface OperationShape {
  /** camelCase, unique: the name in OpenAPI, metrics and traces. */
  id: string
  method: 'get' | 'put' | 'post' | 'delete'
  /** OpenAPI path: `/api/walks/{id}`. */
  path: string
  service: string
  summary: string
  access: Access
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  /** Takes an Idempotency-Key: a repeat gives the first answer. */
  idempotencyKey?: boolean
  /** Takes If-Match with the thing's version. */
  ifMatch?: boolean
  /** Success by status; null: no body. */
  responses: Readonly<Record<number, z.ZodType | null>>
  /** Codes that this operation may answer beside those that all share, by status. */
  problems?: Readonly<Record<number, readonly string[]>>
}

/** Declares one REST operation; the only definition of it anywhere. */
export const operation = <const O extends OperationShape>(shape: O): O => shape

type Output<S> = S extends z.ZodType ? z.output<S> : undefined

/** What a handler gets of the request, validated. */
export interface OperationInput<O extends OperationShape> {
  params: Output<O['params']>
  query: Output<O['query']>
  body: Output<O['body']>
}

type ResponseOf<R, S> = R extends z.ZodType
  ? { status: S; body: z.input<R>; headers?: Readonly<Record<string, string>> }
  : { status: S; headers?: Readonly<Record<string, string>> }

/** What a handler may answer: one of the declared statuses with its body. */
export type OperationReply<O extends OperationShape> = {
  [S in keyof O['responses']]: ResponseOf<O['responses'][S], S>
}[keyof O['responses']]
