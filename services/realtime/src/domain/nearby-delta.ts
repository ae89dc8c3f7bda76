/** Someone on a nearby list as it is told. */
export interface ListedWalker {
  userId: string
}

/** One viewer's list at a moment, ranked. Not changed once made, so that connections may share it. */
export interface NearbyList<W extends ListedWalker> {
  walkers: readonly W[]
  /** RFC 3339, UTC. */
  asOf: string
}

export interface NearbyDelta<W extends ListedWalker> {
  reset?: true
  added: W[]
  changed: W[]
  removed: string[]
  asOf: string
}

/** What somebody has to be told who was told `before`; undefined: nothing. */
export function deltaOf<W extends ListedWalker>(
  before: NearbyList<W> | undefined,
  now: NearbyList<W>,
): NearbyDelta<W> | undefined {
  if (!before) return { reset: true, added: [...now.walkers], changed: [], removed: [], asOf: now.asOf }
  const gone = new Map(before.walkers.map(walker => [walker.userId, walker]))
  const added: W[] = []
  const changed: W[] = []
  for (const walker of now.walkers) {
    const known = gone.get(walker.userId)
    if (!known) added.push(walker)
    else if (JSON.stringify(known) !== JSON.stringify(walker)) changed.push(walker)
    gone.delete(walker.userId)
  }
  const removed = [...gone.keys()]
  return added.length + changed.length + removed.length === 0
    ? undefined
    : { added, changed, removed, asOf: now.asOf }
}
