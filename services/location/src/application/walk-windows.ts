import type { Clock } from '@walking-buddy/service-kit'
import type { WalkInSight } from '../domain/decide.ts'
import { isNewer, type WalkWindow } from '../domain/sharing.ts'

/** The open walks, as walk tells of them. */
export interface WalkWindows {
  /** Complete, and no older than a second: good enough to show people to each other. */
  fresh(): boolean
  find(walkId: string): WalkWindow | undefined
  ofUser(userId: string): readonly WalkWindow[]
  all(): Iterable<WalkWindow>
  /** The latest walk of a person whose sharing window has come. */
  inSight(userId: string): WalkInSight | null
}

/** How what is heard of walks gets in. */
export interface WalkNews {
  snapshotStart(): void
  window(window: WalkWindow): void
  snapshotEnd(): void
}

/** Longer than any person's tick is away: until then it matters that there was a walk. */
const memoryMs = 15 * 60_000

/** Open windows by walk and by person. What a snapshot does not name is over. */
export function walkWindows(clock: Clock): Omit<WalkWindows, 'fresh'> & WalkNews {
  const open = new Map<string, WalkWindow>()
  const byUser = new Map<string, Set<WalkWindow>>()
  const closed = new Map<string, { version: number; revision: number; atMs: number }>()
  const over = new Map<string, { cameAtMs: number; endedAtMs: number }>()
  let named: Set<string> | undefined

  const cameAt = (window: WalkWindow, nowMs: number): number | null =>
    window.accepted && window.shareFromMs !== null && window.shareFromMs <= nowMs ? window.shareFromMs : null

  const people = (window: WalkWindow) => [window.initiatorId, window.partnerId]

  const drop = (window: WalkWindow): void => {
    open.delete(window.walkId)
    for (const userId of people(window)) {
      const theirs = byUser.get(userId)
      theirs?.delete(window)
      if (theirs?.size === 0) byUser.delete(userId)
    }
  }
  const end = (window: WalkWindow): void => {
    drop(window)
    const endedAtMs = clock.now()
    const cameAtMs = cameAt(window, endedAtMs)
    if (cameAtMs !== null) for (const userId of people(window)) over.set(userId, { cameAtMs, endedAtMs })
  }
  const forgetOld = (): void => {
    const before = clock.now() - memoryMs
    for (const [walkId, { atMs }] of closed) if (atMs < before) closed.delete(walkId)
    for (const [userId, { endedAtMs }] of over) if (endedAtMs < before) over.delete(userId)
  }

  return {
    find: walkId => open.get(walkId),
    ofUser: userId => [...(byUser.get(userId) ?? [])],
    all: () => open.values(),
    inSight(userId) {
      const nowMs = clock.now()
      let latest: WalkInSight | null = null
      for (const window of byUser.get(userId) ?? []) {
        const cameAtMs = cameAt(window, nowMs)
        if (cameAtMs !== null && (latest === null || cameAtMs > latest.cameAtMs))
          latest = { cameAtMs, open: true }
      }
      const before = over.get(userId)
      return latest ?? (before ? { cameAtMs: before.cameAtMs, open: false } : null)
    },
    snapshotStart() {
      named = new Set()
      forgetOld()
    },
    window(window) {
      named?.add(window.walkId)
      const known = open.get(window.walkId) ?? closed.get(window.walkId)
      if (known && !isNewer(window, known)) return
      const before = open.get(window.walkId)
      if (!window.open) {
        closed.set(window.walkId, { version: window.version, revision: window.revision, atMs: clock.now() })
        if (before) end(before)
        forgetOld()
        return
      }
      if (before) drop(before)
      open.set(window.walkId, window)
      for (const userId of people(window)) {
        const theirs = byUser.get(userId)
        if (theirs) theirs.add(window)
        else byUser.set(userId, new Set([window]))
      }
    },
    snapshotEnd() {
      for (const window of [...open.values()]) if (!named?.has(window.walkId)) end(window)
      named = undefined
    },
  }
}
