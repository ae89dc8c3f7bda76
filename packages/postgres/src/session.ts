import { Client, type ClientConfig } from 'pg'
import { failureOf } from './failures.ts'
import type { QueryResult, Row } from './queryable.ts'

/** One connection of its own: for what lives in the session, such as advisory locks and LISTEN. */
export interface Session {
  /** One statement at a time. */
  query<R extends Row>(sql: string, params?: readonly unknown[]): Promise<QueryResult<R>>
  close(): Promise<void>
}

/**
 * @param on.notified a notification came on a channel that was LISTENed to
 * @param on.lost the connection is gone, and with it everything the session had
 * @throws AppError unavailable
 */
export async function openSession(
  settings: ClientConfig & { query_timeout: number },
  on: { notified: () => void; lost: () => void },
): Promise<Session> {
  const client = new Client(settings)
  client.on('error', on.lost)
  client.on('end', on.lost)
  client.on('notification', on.notified)
  try {
    await client.connect()
  } catch (error) {
    throw failureOf(error)
  }
  return {
    async query<R extends Row>(sql: string, params: readonly unknown[] = []) {
      try {
        const { rows, rowCount } = await client.query<R>(sql, [...params])
        return { rows, rowCount: rowCount ?? 0 }
      } catch (error) {
        throw failureOf(error)
      }
    },
    close: () => client.end(),
  }
}
