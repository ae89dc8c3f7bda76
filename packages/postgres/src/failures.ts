import { isAppError, timeout, unavailable } from '@walking-buddy/errors'
import { DatabaseError } from 'pg'

/** Whether a statement failed on a unique constraint (the named one, where a name is given). */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return violates(error, '23505', constraint)
}

/** Whether a statement failed on a foreign key (the named one, where a name is given). */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return violates(error, '23503', constraint)
}

function violates(error: unknown, sqlState: string, constraint: string | undefined): boolean {
  return (
    error instanceof DatabaseError &&
    error.code === sqlState &&
    (constraint === undefined || error.constraint === constraint)
  )
}

/** Two transactions were in each other's way: running one of them again is the remedy. */
export const isContention = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01')

/** The connection is as good as before: only the statement failed. */
export const leavesConnectionIntact = (error: unknown): boolean =>
  error instanceof DatabaseError && error.severity === 'ERROR'

/**
 * What a failure of a statement, or of a connection, means to a caller. States that callers may want to look at
 * (constraints, bad input) pass as they are.
 */
export function failureOf(error: unknown): unknown {
  if (isAppError(error)) return error
  if (error instanceof DatabaseError) {
    const sqlState = error.code ?? ''
    if (sqlState === '55P03') return unavailable('database-busy', undefined, { cause: error })
    if (sqlState === '57014') return timeout('database-timeout', undefined, { cause: error })
    // 08 connection, 53 no room, 57P operator, 25006 a primary that became a standby, 25P03 idle in transaction.
    return /^(08|53|57P|25006|25P03)/.test(sqlState) ? databaseUnavailable(error) : error
  }
  // Values that cannot be written as SQL are the caller's bug; the driver has no class for what is left, which is
  // all about the connection.
  return error instanceof TypeError || error instanceof RangeError ? error : databaseUnavailable(error)
}

/** The AppError for a database that does not answer. */
export const databaseUnavailable = (cause: unknown) =>
  unavailable('database-unavailable', undefined, { cause })
