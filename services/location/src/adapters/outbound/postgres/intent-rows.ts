import type { Tx } from '@walking-buddy/postgres'
import type { Outcome, Request } from '../../../application/ports.ts'
import { shardOf } from '../../../domain/shard.ts'

/** Wakes holders of shards. */
export const intentsChannel = 'location_intents'
/** Wakes whoever asked. */
export const outcomesChannel = 'location_outcomes'

/** Leaves requests for the holder of a person's shard; their ids in the order given. */
export async function leaveIntents(tx: Tx, userId: string, requests: readonly Request[]): Promise<bigint[]> {
  const ids: bigint[] = []
  for (const request of requests) {
    const { rows } = await tx.query<{ id: bigint }>(
      'INSERT INTO intents (shard, user_id, request) VALUES ($1, $2, $3) RETURNING id',
      [shardOf(userId), userId, JSON.stringify(request)],
    )
    ids.push(rows[0]!.id)
  }
  if (requests.length > 0) tx.notify(intentsChannel)
  return ids
}

/** What was left for these people, oldest first. */
export async function openIntents(
  tx: Tx,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, { id: bigint; request: Request }[]>> {
  const { rows } = await tx.query<{ id: bigint; user_id: string; request: Request }>(
    'SELECT id, user_id, request FROM intents WHERE user_id = ANY ($1::uuid[]) AND outcome IS NULL ORDER BY id',
    [userIds],
  )
  return Map.groupBy(rows, row => row.user_id)
}

export async function answerIntents(
  tx: Tx,
  answers: readonly { intentId: bigint; outcome: Outcome }[],
): Promise<void> {
  if (answers.length === 0) return
  await tx.query(
    `UPDATE intents SET outcome = answer.outcome, acted_at = clock_timestamp()
     FROM unnest($1::bigint[], $2::jsonb[]) AS answer (id, outcome) WHERE intents.id = answer.id`,
    [answers.map(({ intentId }) => intentId), answers.map(({ outcome }) => JSON.stringify(outcome))],
  )
  tx.notify(outcomesChannel)
}
