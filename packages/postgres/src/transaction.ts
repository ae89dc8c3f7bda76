import type { QueryResult, Row, TransactionOptions, Tx } from './queryable.ts'

/** Runs one statement on the connection that the transaction has to itself. */
export type Statement = <R extends Row>(
  sql: string,
  params?: readonly unknown[],
) => Promise<QueryResult<R> & { command: string }>

/** A rollback fails when the connection is gone, and the transaction with it: the first error says what to know. */
const ofNoUse = (): void => {}

/** One attempt: resolves, once committed, with what `work` returned and with the hooks that are to run now. */
export async function runTransaction<T>(
  statement: Statement,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
  notify: (channel: string) => void,
): Promise<{ value: T; hooks: readonly (() => void)[] }> {
  const hooks: (() => void)[] = []
  let open = true
  let savepoints = 0

  const tx: Tx = {
    async query(sql, params) {
      if (!open) throw new Error('the transaction has ended')
      return statement(sql, params)
    },
    async savepoint(work) {
      const name = `s${++savepoints}`
      const hooksBefore = hooks.length
      await tx.query(`SAVEPOINT ${name}`)
      try {
        const value = await work()
        await tx.query(`RELEASE SAVEPOINT ${name}`)
        return value
      } catch (error) {
        hooks.length = hooksBefore
        await tx.query(`ROLLBACK TO SAVEPOINT ${name}`).catch(ofNoUse)
        throw error
      }
    },
    afterCommit: hook => void hooks.push(hook),
    notify: channel => void hooks.push(() => notify(channel)),
  }

  try {
    await statement(beginning(options))
    const value = await work(tx)
    open = false
    const { command } = await statement('COMMIT')
    // The server answers COMMIT of a failed transaction with ROLLBACK: somebody has swallowed the failure.
    if (command !== 'COMMIT')
      throw new Error('nothing was committed: a statement of the transaction had failed')
    return { value, hooks }
  } catch (error) {
    open = false
    await statement('ROLLBACK').catch(ofNoUse)
    throw error
  }
}

function beginning({ isolation, readOnly, statementTimeoutMs, lockTimeoutMs }: TransactionOptions): string {
  const modes = [isolation && `ISOLATION LEVEL ${isolation}`, readOnly && 'READ ONLY']
    .filter(Boolean)
    .join(', ')
  return [
    `BEGIN ${modes}`,
    ...(statementTimeoutMs === undefined
      ? []
      : [`SET LOCAL statement_timeout = ${Math.ceil(statementTimeoutMs)}`]),
    ...(lockTimeoutMs === undefined ? [] : [`SET LOCAL lock_timeout = ${Math.ceil(lockTimeoutMs)}`]),
  ].join('; ')
}
