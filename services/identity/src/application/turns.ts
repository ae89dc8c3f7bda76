/** Lets work under one name run one after the other within this process; work under other names does not wait. */
export type TakeTurns = <T>(name: string, work: () => Promise<T>) => Promise<T>

export function takeTurns(): TakeTurns {
  const last = new Map<string, Promise<unknown>>()

  return async (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work)
    const settled = turn.catch(() => {})
    last.set(name, settled)
    try {
      return await turn
    } finally {
      if (last.get(name) === settled) last.delete(name)
    }
  }
}
