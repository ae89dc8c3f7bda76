/**
 * Who has nothing to do with whom, by numbers of people. Two sources: each blocker's own list, whole at a version
 * (the record), and pairs told by the revocation watch, which come first and only ever add. A told pair is dropped
 * when it is told otherwise, or once it is old and the record answers for it.
 */
export class Blocks {
  readonly #lists = new Map<number, { version: number; blocked: ReadonlySet<number> }>()
  readonly #blockers = new Map<number, Set<number>>()
  readonly #told = new Map<number, Map<number, number>>()

  /** A blocker's whole list. Returns those for whom it changed something; nobody where a newer one is known. */
  learn(blocker: number, version: number, blocked: readonly number[]): number[] {
    const known = this.#lists.get(blocker)
    if (known && known.version >= version) return []
    const before = known?.blocked ?? new Set<number>()
    const now = new Set(blocked)
    this.#lists.set(blocker, { version, blocked: now })
    const changed = [...now, ...before].filter(person => now.has(person) !== before.has(person))
    for (const person of changed) this.#setBlocker(person, blocker, now.has(person))
    return changed
  }

  /** The watch says that one of the two blocks the other, or that it does not know of it any more. */
  tell(a: number, b: number, blocked: boolean, atMs: number): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const pairs = this.#told.get(one)
      if (blocked) this.#told.set(one, (pairs ?? new Map<number, number>()).set(other, atMs))
      else if (pairs?.delete(other) && pairs.size === 0) this.#told.delete(one)
    }
  }

  /** Pairs told before `beforeMs`, each once: those that the record confirms need not be remembered. */
  *toldBefore(beforeMs: number): Generator<{ a: number; b: number; onRecord: boolean }> {
    for (const [a, pairs] of [...this.#told])
      for (const [b, atMs] of [...pairs])
        if (a < b && atMs < beforeMs) yield { a, b, onRecord: this.#onRecord(a, b) }
  }

  /** Whom a person is not shown, and who is not shown them; undefined where that is nobody. */
  apartFrom(person: number): { has(other: number): boolean } | undefined {
    const blocked = this.#lists.get(person)?.blocked
    const blockers = this.#blockers.get(person)
    const told = this.#told.get(person)
    if (!blocked?.size && !blockers && !told) return undefined
    return { has: other => Boolean(blocked?.has(other) || blockers?.has(other) || told?.has(other)) }
  }

  /** An erased account neither blocks nor is blocked. */
  forget(person: number): void {
    for (const blocked of this.#lists.get(person)?.blocked ?? []) this.#setBlocker(blocked, person, false)
    this.#lists.delete(person)
    for (const other of [...(this.#told.get(person)?.keys() ?? [])]) this.tell(person, other, false, 0)
  }

  /** The list on record. */
  listOf(blocker: number): { version: number; blocked: ReadonlySet<number> } | undefined {
    return this.#lists.get(blocker)
  }

  #onRecord(a: number, b: number): boolean {
    return Boolean(this.#lists.get(a)?.blocked.has(b) || this.#lists.get(b)?.blocked.has(a))
  }

  #setBlocker(person: number, blocker: number, blocks: boolean): void {
    const blockers = this.#blockers.get(person)
    if (blocks) this.#blockers.set(person, (blockers ?? new Set<number>()).add(blocker))
    else if (blockers?.delete(blocker) && blockers.size === 0) this.#blockers.delete(person)
  }
}
