import { cellCenter } from '@walking-buddy/cells'
import { ExactPosition } from '@walking-buddy/exact-position'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import { isSharingTime, partnerOf, shares, type WalkWindow } from '../domain/sharing.ts'
import { isAlive, type Sighting } from '../domain/sighting.ts'
import type { AccountOwner, Revoked, Sightings } from './ports.ts'
import { recentMap } from './recent-map.ts'
import type { RememberedPlaces } from './remembered-places.ts'
import type { WalkWindows } from './walk-windows.ts'

/** Where one's partner is, or near home the centre of the cell that others see. */
export interface PartnerPosition {
  recipientId: string
  walkId: string
  userId: string
  position: ExactPosition
  recordedAtMs: number
}

/** One connection that shows people where their partners are. */
export interface Viewer {
  add(userIds: readonly string[]): void
  remove(userIds: readonly string[]): void
  close(): void
}

/** Shows the two people of a walk to each other, within its sharing window and nobody else. */
export interface Sharing {
  /** `send` resolves when the connection takes more; meanwhile newer positions replace older ones. */
  connect(send: (positions: readonly PartnerPosition[]) => Promise<void>): Viewer
  /** An accepted position of someone, as it comes in here. */
  offer(userId: string, sighting: Sighting): void
}

const gatherMs = 100
/** Positions that came in at other instances are looked up; those that come in here need not be. */
const lookEveryMs = 500
const heardLatelyMs = 5_000
const ownerWordMs = 500

interface Pending {
  walkId: string
  recipientId: string
  senderId: string
  sighting: Sighting
}

interface Connection {
  recipients: Set<string>
  /** By walk and sender: latest wins. */
  pending: Map<string, Pending>
  shownAtMs: Map<string, number>
  flushing: boolean
  closed: boolean
  send: (positions: readonly PartnerPosition[]) => Promise<void>
}

export function shareWithPartners(deps: {
  walks: WalkWindows
  sightings: Sightings
  places: RememberedPlaces
  revoked: Revoked
  owner: Pick<AccountOwner, 'mayMeet'>
  clock: Clock
  log: Logger
  shown: (positions: number) => void
}): Part<Sharing> {
  const { walks, sightings, places, revoked, owner, clock, log } = deps
  const viewers = new Map<string, Set<Connection>>()
  const heardAtMs = recentMap<number>(20_000)
  const words = recentMap<{ allowed: boolean; saidAtMs: number }>(10_000)

  const remove = (connection: Connection, userId: string): void => {
    connection.recipients.delete(userId)
    const theirs = viewers.get(userId)
    theirs?.delete(connection)
    if (theirs?.size === 0) viewers.delete(userId)
  }

  const put = (window: WalkWindow, senderId: string, sighting: Sighting): void => {
    const recipientId = partnerOf(window, senderId)
    for (const connection of viewers.get(recipientId) ?? []) {
      const key = `${window.walkId} ${senderId}`
      if ((connection.shownAtMs.get(key) ?? 0) >= sighting.recordedAtMs) continue
      connection.pending.set(key, { walkId: window.walkId, recipientId, senderId, sighting })
      if (!connection.flushing) void flush(connection)
    }
  }

  const offerTo = (userId: string, sighting: Sighting): void => {
    const nowMs = clock.now()
    for (const window of walks.ofUser(userId))
      if (shares(window, userId, nowMs)) put(window, userId, sighting)
  }

  const mayMeet = async (userId: string, otherId: string): Promise<boolean> => {
    if (revoked.fresh())
      return (
        !revoked.recentlyBlocked(userId, otherId) &&
        !revoked.isSuspended(userId) &&
        !revoked.isSuspended(otherId)
      )
    const pair = `${userId} ${otherId}`
    const word = words.get(pair)
    const nowMs = clock.monotonicMs()
    if (word && nowMs - word.saidAtMs <= ownerWordMs) return word.allowed
    const allowed = await owner.mayMeet(userId, otherId).catch(() => false)
    words.set(pair, { allowed, saidAtMs: nowMs })
    return allowed
  }

  /** Asked at the last moment, for what was true when a position came in may be over when it goes out. */
  const maySee = async ({ walkId, senderId, recipientId, sighting }: Pending): Promise<boolean> => {
    const allowed = await mayMeet(senderId, recipientId)
    const window = walks.find(walkId)
    const nowMs = clock.now()
    return (
      allowed &&
      walks.fresh() &&
      window !== undefined &&
      shares(window, senderId, nowMs) &&
      isAlive(sighting, nowMs)
    )
  }

  /** Undefined: nothing at all, for it is not known whether it is near a place. */
  const seenByPartner = (senderId: string, position: ExactPosition): ExactPosition | undefined => {
    const cell = places.cellAt(senderId, position)
    if (cell === 'unknown') return undefined
    if (cell === undefined) return position
    const { lat, lng } = cellCenter(cell)
    return new ExactPosition(lat, lng)
  }

  const deliver = async (connection: Connection): Promise<void> => {
    const batch = [...connection.pending]
    connection.pending.clear()
    await places.load([...new Set(batch.map(([, { senderId }]) => senderId))])
    const allowed = await Promise.all(batch.map(([, pending]) => maySee(pending)))
    const positions: PartnerPosition[] = []
    batch.forEach(([key, { walkId, recipientId, senderId, sighting }], i) => {
      const { position, recordedAtMs } = sighting
      const seen =
        allowed[i] && connection.recipients.has(recipientId) ? seenByPartner(senderId, position) : undefined
      if (!seen) return
      connection.shownAtMs.set(key, recordedAtMs)
      positions.push({ recipientId, walkId, userId: senderId, position: seen, recordedAtMs })
    })
    if (positions.length === 0) return
    deps.shown(positions.length)
    await connection.send(positions)
  }

  const flush = async (connection: Connection): Promise<void> => {
    connection.flushing = true
    while (connection.pending.size > 0 && !connection.closed) {
      await clock.delay(gatherMs)
      await deliver(connection).catch(error => {
        if (!connection.closed) log.warn({ err: error }, 'partners do not see each other for a moment')
      })
    }
    connection.flushing = false
  }

  const forgetShown = (): void => {
    for (const connections of viewers.values())
      for (const { shownAtMs } of connections)
        for (const key of shownAtMs.keys())
          if (!walks.find(key.slice(0, key.indexOf(' ')))) shownAtMs.delete(key)
  }

  /** People whom someone here may see, and of whom nothing came in here lately. */
  const sendersToLookUp = (): string[] => {
    const nowMs = clock.now()
    const before = clock.monotonicMs() - heardLatelyMs
    const senders: string[] = []
    for (const window of walks.all()) {
      if (!isSharingTime(window, nowMs)) continue
      for (const senderId of [window.initiatorId, window.partnerId])
        if (
          viewers.has(partnerOf(window, senderId)) &&
          shares(window, senderId, nowMs) &&
          (heardAtMs.get(senderId) ?? before) <= before
        )
          senders.push(senderId)
    }
    return senders
  }

  const look = async (): Promise<void> => {
    if (viewers.size === 0) return
    const senders = sendersToLookUp()
    if (senders.length === 0) return
    const { kept } = await sightings.read(senders)
    senders.forEach((senderId, i) => {
      const sighting = kept[i]?.sighting
      if (sighting) offerTo(senderId, sighting)
    })
  }

  return async () => {
    const stopping = new AbortController()
    const loop = (async () => {
      for (let round = 0; !stopping.signal.aborted; round++) {
        // The store logs that it is away; what it has comes with the next look.
        await look().catch(() => {})
        if (round % 120 === 0) forgetShown()
        await clock.delay(lookEveryMs, stopping.signal)
      }
    })()

    return {
      value: {
        offer(userId, sighting) {
          if (walks.ofUser(userId).length === 0) return
          heardAtMs.set(userId, clock.monotonicMs())
          offerTo(userId, sighting)
        },
        connect(send) {
          const connection: Connection = {
            recipients: new Set(),
            pending: new Map(),
            shownAtMs: new Map(),
            flushing: false,
            closed: false,
            send,
          }
          return {
            add(userIds) {
              for (const userId of userIds) {
                connection.recipients.add(userId)
                const theirs = viewers.get(userId)
                if (theirs) theirs.add(connection)
                else viewers.set(userId, new Set([connection]))
              }
            },
            remove(userIds) {
              for (const userId of userIds) remove(connection, userId)
            },
            close() {
              connection.closed = true
              connection.pending.clear()
              for (const userId of [...connection.recipients]) remove(connection, userId)
            },
          }
        },
      },
      stop: async () => {
        stopping.abort()
        await loop
      },
    }
  }
}
