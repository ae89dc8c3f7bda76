import type { Account } from '../domain/account.ts'
import type { BlockList } from '../domain/block-list.ts'
import type { Fact, Revocation } from '../domain/facts.ts'
import type { Session, SessionEndReason } from '../domain/session.ts'
import type { Throttle } from '../domain/throttle.ts'

/** Wall time. */
export interface Clock {
  now(): number
}

export interface Identifiers {
  /** A UUID of version 7. */
  uuid(nowMs: number): string
}

export interface Credentials {
  userId: string
  passwordHash: string
}

/** Accounts with their preferences and roles. What locks or writes is of use inside a `Unit` only. */
export interface Accounts {
  find(userId: string): Promise<Account | undefined>
  findAll(userIds: readonly string[]): Promise<Account[]>
  credentialsOf(email: string): Promise<Credentials | undefined>
  credentialsById(userId: string): Promise<Credentials | undefined>
  /** Reads it to change it: other writers of the account wait. */
  lock(userId: string): Promise<Account | undefined>
  /** Reads it to rely on it: it stays as it is until the unit has ended. */
  hold(userId: string): Promise<Account | undefined>
  /** @throws AppError exists `email-taken`, `username-taken` */
  add(account: Account, passwordHash: string): Promise<void>
  /** @throws AppError exists `username-taken`; invalid for a role that there is not */
  save(account: Account): Promise<void>
  /** Puts a hash in the place of an older one, unless another has come in between. Needs no unit. */
  renewHash(userId: string, oldHash: string, newHash: string, at: Date): Promise<void>
}

export interface Sessions {
  find(sessionId: string): Promise<Session | undefined>
  lock(sessionId: string): Promise<Session | undefined>
  /** Whether it is one of this user, has not ended, was used since, and the user is not suspended. */
  isActive(sessionId: string, userId: string, usedSince: Date): Promise<boolean>
  add(session: Session): Promise<void>
  save(session: Session): Promise<void>
  /** Ends all that live and returns them. */
  endAll(userId: string, reason: SessionEndReason, at: Date): Promise<Session[]>
  /** Ends at most `limit` that were last used before `usedBefore`, passing over those that someone else is at. */
  endUnused(usedBefore: Date, at: Date, limit: number): Promise<Session[]>
  /** Those that ended since by suspension. */
  endedBySuspension(userId: string, since: Date): Promise<Session[]>
}

/** A place in a list of blocks, newest first. */
export interface BlockPosition {
  at: Date
  userId: string
}

export interface BlockEntry {
  userId: string
  username: string
  blockedAt: Date
}

export interface Blocks {
  lock(blockerId: string): Promise<BlockList | undefined>
  /** `list` is the one with the person on it. */
  add(list: BlockList, blockedId: string, at: Date): Promise<void>
  /** `list` is the one without the person. */
  remove(list: BlockList, blockedId: string): Promise<void>
  /** Newest first, those with an account only. */
  page(blockerId: string, limit: number, after: BlockPosition | undefined): Promise<BlockEntry[]>
  around(userId: string): Promise<{ blockedIds: string[]; blockedByIds: string[] }>
  /** Whether one of two people blocks the other. */
  isBetween(userId: string, otherId: string): Promise<boolean>
  /** Whether two different people are both active and neither blocks the other. */
  allowsPair(userId: string, otherId: string): Promise<boolean>
}

/** What commits together. */
export interface Unit {
  accounts: Accounts
  sessions: Sessions
  blocks: Blocks
  /** Raise the version of what the facts are about first. */
  announce(...facts: readonly Fact[]): Promise<void>
  revoke(...revocations: readonly Revocation[]): Promise<void>
}

/** Commits what `work` did, or nothing of it when it throws. `work` may run again after contention. */
export type Transact = <T>(work: (unit: Unit) => Promise<T>) => Promise<T>

/** A registration that may come twice. */
export interface RegistrationCommand {
  /** Whose keys these are: says nothing of the address to who reads it. */
  scope: string
  key: string | undefined
  /** Of all that was sent but the password. */
  fingerprint: string
}

/** What a registration made; holds no secret. */
export interface Registration {
  userId: string
  sessionId: string
}

/** Remembers registrations, and their refusals, by Idempotency-Key. */
export interface Registrations {
  /**
   * What an earlier run made; undefined when there was none.
   * @throws AppError the earlier refusal; conflict `idempotency-key-reused` when the fingerprint differs
   */
  recall(command: RegistrationCommand): Promise<Registration | undefined>
  /** Runs `work` in a unit unless an earlier run made something, or was refused. */
  once(command: RegistrationCommand, work: (unit: Unit) => Promise<Registration>): Promise<Registration>
}

/** Password hashes that are slow to guess. No more run at once than the machine has room for. */
export interface Passwords {
  hash(password: string): Promise<string>
  /**
   * Where there is no hash it takes as long as for somebody's.
   * @param account keyed hash of the account, by `Seals.pseudonym`
   */
  matches(password: string, hash: string | undefined, account: string): Promise<boolean>
  /** Whether it was made with other parameters than today's. */
  isOutdated(hash: string): boolean
}

export interface Throttles {
  /**
   * Gives the state of each key to `change` and keeps those that it returns (undefined: none); without `keep` all
   * stays as it is. Others who want one of the keys wait.
   */
  update<T>(
    keys: readonly string[],
    change: (states: readonly (Throttle | undefined)[]) => {
      keep?: readonly (Throttle | undefined)[]
      result: T
    },
  ): Promise<T>
}

/** When a network was told that an address or a name is taken. */
export interface RefusalLog {
  answers(key: string): Promise<readonly Date[]>
  /** As `Throttles.update`, for one key. */
  update<T>(
    key: string,
    change: (answers: readonly Date[]) => { keep?: readonly Date[]; result: T },
  ): Promise<T>
}

export interface TokenSubject {
  userId: string
  sessionId: string
}

/** Signed tokens that others read by our public keys. */
export interface Tokens {
  readonly accessLifetimeSeconds: number
  access(subject: TokenSubject & { roles: readonly string[] }): Promise<string>
  /** For SOS only, and never good as an access token. */
  safety(subject: TokenSubject): Promise<string>
}

/** Tokens that only we read, derived instead of kept, and keyed hashes in place of what should not be kept. */
export interface Seals {
  refreshToken(sessionId: string, serial: number): string
  /** Undefined for what was not made here. */
  readRefreshToken(token: string): { sessionId: string; serial: number } | undefined
  deviceToken(userId: string, deviceId: string, issuedAt: Date): string
  readDeviceToken(token: string): { userId: string; deviceId: string; issuedAt: Date } | undefined
  /** The same for the same purpose and parts; tells nothing of them without the key. */
  pseudonym(purpose: string, ...parts: readonly string[]): string
}

/** Whether two people have anything in common. @throws AppError where the peer does not say */
export type Acquaintance = (viewerId: string, subjectId: string) => Promise<boolean>

export interface SecurityLog {
  /** A refresh token came that was used or replaced before: two hold it. */
  tokenReused(about: TokenSubject): void
}
