/** Runs work of one name one at a time, in the order in which it came; of different names at once. */
export type InTurn = <T>(name: string, work: () => Promise<T>) => Promise<T>

/**
 * Turns within this process. They spare the database a crowd that would wait for one row, each with a connection;
 * what is right among processes, the row's lock decides.
 */
export function createTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>()
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work, work)
    const settled = turn.then(
      () => {},
      () => {},
    )
    last.set(name, settled)
    void settled.then(() => {
      if (last.get(name) === settled) last.delete(name)
    })
    return turn
  }
}
