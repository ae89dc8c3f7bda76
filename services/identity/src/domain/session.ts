export type SessionEndReason = 'logout' | 'token-reused' | 'suspended' | 'revoked'

/**
 * One sign-in: a family of refresh tokens, told apart by serials. Only the newest of them, and for a while the one
 * before it, are good for anything.
 */
export interface Session {
  id: string
  userId: string
  createdAt: Date
  /** When a token of it was last exchanged. */
  usedAt: Date
  newestSerial: number
  /** The token that the newest was given for, while the newest has not been used. */
  predecessor: { serial: number; supersededAt: Date } | null
  ended: { at: Date; reason: SessionEndReason } | null
}

const unusedForMs = 90 * 86_400_000
const predecessorGoodForMs = 24 * 3_600_000

/** How long a session lives that nobody uses, in seconds: its cookie and its safety token live as long. */
export const sessionLifetimeSeconds = unusedForMs / 1_000

export const newSession = (id: string, userId: string, now: Date): Session => ({
  id,
  userId,
  createdAt: now,
  usedAt: now,
  newestSerial: 1,
  predecessor: null,
  ended: null,
})

/** Sessions used before this have ended by themselves. */
export const oldestLiveUse = (now: Date): Date => new Date(now.getTime() - unusedForMs)

export const isAlive = (session: Session, now: Date): boolean =>
  session.ended === null && session.usedAt > oldestLiveUse(now)

/**
 * The session after a token was presented: its `newestSerial` is that of the token to give out. Undefined where the
 * token was used or replaced before, which means that two hold it.
 *
 * The predecessor of the newest stays good until the newest was used, at most for a day: an answer may get lost. It
 * then gives a new successor in place of the one that may have gone astray.
 */
export function exchange(session: Session, serial: number, now: Date): Session | undefined {
  const next = { ...session, newestSerial: session.newestSerial + 1, usedAt: now }
  if (serial === session.newestSerial) return { ...next, predecessor: { serial, supersededAt: now } }
  const { predecessor } = session
  const stillGood =
    predecessor?.serial === serial &&
    now.getTime() - predecessor.supersededAt.getTime() <= predecessorGoodForMs
  return stillGood ? next : undefined
}

export const ended = (session: Session, reason: SessionEndReason, now: Date): Session => ({
  ...session,
  ended: { at: now, reason },
})
