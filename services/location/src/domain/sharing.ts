/** Who may see whom exactly, and until when; walk's word. */
export interface WalkWindow {
  walkId: string
  version: number
  /** Counts changes of the two switches. */
  revision: number
  open: boolean
  initiatorId: string
  partnerId: string
  /** Both have accepted. */
  accepted: boolean
  shareFromMs: number | null
  shareUntilMs: number | null
  initiatorShares: boolean
  partnerShares: boolean
}

export const partnerOf = (window: WalkWindow, userId: string): string =>
  window.initiatorId === userId ? window.partnerId : window.initiatorId

/** Whether the positions of the two are of use for tracks: walk itself cuts them to start and end. */
export const isTracked = ({ open, accepted, shareFromMs }: WalkWindow, nowMs: number): boolean =>
  open && accepted && shareFromMs !== null && shareFromMs <= nowMs

/** Whether the time has come at which the two may see each other. */
export const isSharingTime = (window: WalkWindow, nowMs: number): boolean =>
  isTracked(window, nowMs) && (window.shareUntilMs === null || nowMs < window.shareUntilMs)

/** Whether `senderId` lets their partner see where they are, now. */
export const shares = (window: WalkWindow, senderId: string, nowMs: number): boolean =>
  isSharingTime(window, nowMs) &&
  (window.initiatorId === senderId
    ? window.initiatorShares
    : window.partnerId === senderId && window.partnerShares)

/** Whether `a` says something newer than `b` of the same walk. */
export const isNewer = (a: WalkWindow, b: { version: number; revision: number }): boolean =>
  a.version > b.version || (a.version === b.version && a.revision > b.revision)
