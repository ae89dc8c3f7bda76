import type {
  IdentityServiceService,
  Revocation,
  WatchRevocationsResponse,
} from '@walking-buddy/contracts/grpc/identity'
import { unauthenticated } from '@walking-buddy/errors'
import { type Client, watch } from '@walking-buddy/grpc'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { Caller } from './access-tokens.ts'

export type RevocationListener = (revocation: NonNullable<Revocation['subject']>) => void

/** Who may no longer act, and who may no longer have to do with whom: identity's word, at most a second old. */
export interface Revocations {
  /** @throws AppError unauthenticated `session-ended`; unavailable when neither watch nor owner answers */
  assertActive(caller: Pick<Caller, 'userId' | 'sessionId'>): Promise<void>
  /**
   * Whether one of two people blocks the other. `readModel` is asked where the last 15 minutes say nothing of the
   * pair; without a fresh watch the owner decides.
   * @throws AppError unavailable when neither watch nor owner answers
   */
  isBlocked(
    userId: string,
    otherId: string,
    readModel: (userId: string, otherId: string) => boolean | Promise<boolean>,
  ): Promise<boolean>
  /** What the last 15 minutes say of a pair: blocked, unblocked, or nothing. Only as good as `fresh()`. */
  recentlyBlocked(userId: string, otherId: string): boolean | undefined
  /** Whether a user is suspended by the watch's word. Only as good as `fresh()`. */
  isSuspended(userId: string): boolean
  fresh(): boolean
  /** Called for each revocation as it arrives (again after a reconnect). Returns how to stop. */
  onRevocation(listener: RevocationListener): () => void
}

/** Tokens live 10 minutes: what is older than 15 needs no memory here. */
const memoryMs = 15 * 60_000

/** Follows identity's `WatchRevocations` and answers from memory; asks identity whenever the watch is not fresh. */
export function revocations(options: {
  identity: Client<typeof IdentityServiceService>
  clock: Clock
  log: Logger
}): Part<Revocations> {
  const { identity, clock, log } = options
  return async name => {
    const sessions = new Map<string, number>()
    const users = new Map<string, { suspended: boolean; at: number; id: bigint }>()
    const pairs = new Map<string, { blocked: boolean; at: number; id: bigint }>()
    const listeners = new Set<RevocationListener>()

    const forgetOld = () => {
      const before = clock.now() - memoryMs
      for (const [key, at] of sessions) if (at < before) sessions.delete(key)
      for (const [key, { at }] of users) if (at < before) users.delete(key)
      for (const [key, { at }] of pairs) if (at < before) pairs.delete(key)
    }
    // Ids of one pair or user rise in the order of their changes (the row lock sees to it), so the highest wins.
    const remember = (revocation: Revocation) => {
      const at = revocation.at?.getTime() ?? clock.now()
      const { id, subject } = revocation
      if (!subject) return
      switch (subject.$case) {
        case 'sessionEnded':
          sessions.set(subject.value.sessionId, at)
          break
        case 'userSuspended':
        case 'userReinstated': {
          const held = users.get(subject.value.userId)
          if (!held || held.id <= id)
            users.set(subject.value.userId, { suspended: subject.$case === 'userSuspended', at, id })
          break
        }
        case 'pairBlocked':
        case 'pairUnblocked': {
          const key = direction(subject.value.blockerId, subject.value.blockedId)
          const held = pairs.get(key)
          if (!held || held.id <= id) pairs.set(key, { blocked: subject.$case === 'pairBlocked', at, id })
          break
        }
      }
      for (const listener of listeners) listener(subject)
    }

    const running = await watch<WatchRevocationsResponse, Revocation>({
      open: signal => identity.watchRevocations({}, { signal }),
      read: response =>
        response.frame?.$case === 'revocation'
          ? { kind: 'change', change: response.frame.value }
          : response.frame?.$case === 'snapshotEnd'
            ? { kind: 'snapshot-end' }
            : { kind: 'beat' },
      snapshotStart: forgetOld,
      change: remember,
      snapshotEnd: () => {},
      clock,
      log,
    })(name)
    const { fresh } = running.value

    const recentlyBlocked = (a: string, b: string): boolean | undefined => {
      const there = pairs.get(direction(a, b))?.blocked
      const back = pairs.get(direction(b, a))?.blocked
      if (there || back) return true
      // One direction taken back says nothing of the other.
      return there === false && back === false ? false : undefined
    }

    return {
      value: {
        fresh,
        recentlyBlocked,
        isSuspended: userId => users.get(userId)?.suspended ?? false,
        async assertActive({ userId, sessionId }) {
          const ended = sessions.has(sessionId) || users.get(userId)?.suspended
          const active = ended
            ? false
            : fresh()
              ? true
              : (await identity.checkSession({ userId, sessionId })).active
          if (!active) throw unauthenticated('session-ended', 'This session has ended: sign in again.')
        },
        async isBlocked(a, b, readModel) {
          if (!fresh()) return !(await identity.checkPair({ userId: a, otherUserId: b })).allowed
          const recent = recentlyBlocked(a, b)
          if (recent !== undefined) return recent
          // A read model may lag behind an unblock: before it refuses, its owner is asked.
          return (await readModel(a, b)) && !(await identity.checkPair({ userId: a, otherUserId: b })).allowed
        },
        onRevocation(listener) {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
      },
      ...(running.stop ? { stop: running.stop } : {}),
    }
  }
}

const direction = (from: string, to: string) => `${from}>${to}`
