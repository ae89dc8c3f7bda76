/** A change of a walk, as far as its place among the others goes. */
export interface VersionedChange {
  version: number
  /** The first there is of its walk, whatever its version. */
  opens: boolean
}

/**
 * The changes of a walk come on one topic each, so that a later one may arrive first. Of those at hand this gives
 * the ones to be told now, in order: they follow on `told`, the last version told (0: none yet).
 */
export function inOrder<C extends VersionedChange>(told: number, atHand: readonly C[]): C[] {
  const ordered: C[] = []
  let last = told
  for (const change of atHand.toSorted((a, b) => a.version - b.version)) {
    if (change.version <= last) continue
    if (change.version !== last + 1 && !(change.opens && last === 0)) break
    ordered.push(change)
    last = change.version
  }
  return ordered
}
