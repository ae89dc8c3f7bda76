import { unavailable } from '@walking-buddy/errors'

/** Lets work under one name run one after the other within this process; work under other names does not wait. */
export type TakeTurns = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** @param longestLine more than so many waiting under one name are refused (`busy`) */
export function takeTurns(longestLine: number): TakeTurns {
  const lines = new Map<string, { last: Promise<unknown>; length: number }>()

  return async (name, work) => {
    const line = lines.get(name) ?? { last: Promise.resolve(), length: 0 }
    if (line.length >= longestLine)
      throw unavailable('busy', 'Too many of these at once: try again.', { retryAfterSeconds: 1 })
    const turn = line.last.then(work)
    line.last = turn.catch(() => {})
    line.length += 1
    lines.set(name, line)
    try {
      return await turn
    } finally {
      line.length -= 1
      if (line.length === 0) lines.delete(name)
    }
  }
}
