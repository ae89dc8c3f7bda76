import type { AccessTokens, Caller, Revocations } from '@walking-buddy/access'
import { forbidden } from '@walking-buddy/errors'
import { originAllowed } from '../domain/origins.ts'
import { type Start, type StreamPosition, startOf } from '../domain/resume.ts'
import type { Streams } from './ports.ts'

export interface Opening {
  token: string
  origin: string | undefined
  resumeFrom: StreamPosition | undefined
}

export interface OpenedSession {
  caller: Caller
  start: Start
}

/** Whether this client may have a socket, and where its stream goes on. */
export const openSession =
  (deps: {
    accessTokens: AccessTokens
    sessions: Pick<Revocations, 'assertActive'>
    streams: Streams
    allowedOrigins: readonly string[]
  }) =>
  async ({ token, origin, resumeFrom }: Opening): Promise<OpenedSession> => {
    if (!originAllowed(origin, deps.allowedOrigins))
      throw forbidden('origin-not-allowed', 'Pages of this origin may not connect.')
    const caller = await deps.accessTokens.verify(token)
    await deps.sessions.assertActive(caller)
    return { caller, start: startOf(await deps.streams.open(caller.userId), resumeFrom) }
  }
