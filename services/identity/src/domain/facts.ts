import type { Account } from './account.ts'
import type { BlockList } from './block-list.ts'
import type { SessionEndReason } from './session.ts'

/** What has happened, for everyone who keeps a picture of it; carries the whole state of what it is about. */
export type Fact =
  | {
      kind:
        | 'user-registered'
        | 'profile-updated'
        | 'preferences-updated'
        | 'user-suspended'
        | 'user-reinstated'
      account: Account
    }
  | { kind: 'blocks-changed'; list: BlockList }
  | { kind: 'session-ended'; session: SessionEnd }

export interface SessionEnd {
  sessionId: string
  userId: string
  reason: SessionEndReason
  at: Date
}

/** What has to act everywhere within a second. */
export type Revocation =
  | { kind: 'session-ended'; session: SessionEnd }
  | { kind: 'user-suspended'; userId: string }
  | { kind: 'user-reinstated'; userId: string }
  | { kind: 'pair-blocked'; blockerId: string; blockedId: string }
  | { kind: 'pair-unblocked'; blockerId: string; blockedId: string }
  | { kind: 'location-consent-changed'; userId: string; enabled: boolean; consentVersion: number }
