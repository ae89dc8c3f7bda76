import { cellToken, parseCellToken } from '@walking-buddy/cells'
import type { Places } from '../../../domain/places.ts'
import type { Presence } from '../../../domain/presence.ts'
import { shardOf } from '../../../domain/shard.ts'
import type { PlacesVault } from '../vault/places-vault.ts'

/** A row of `presences` as the driver gives it. */
export type PresenceRow = {
  user_id: string
  version: number
  cell: string | null
  published_at: Date | null
  shown: boolean
  last_seen: Date | null
  available_since: Date | null
  available_until: Date | null
  until_is_chosen: boolean | null
  awaiting: boolean
  consent_version_used: number
  consent_ended_at: Date | null
  places: Buffer | null
  places_key_id: string | null
  last_area: string | null
  last_area_at: Date | null
  next_tick_at: Date | null
}

export const columns = [
  'user_id',
  'shard',
  'version',
  'cell',
  'published_at',
  'shown',
  'last_seen',
  'available_since',
  'available_until',
  'until_is_chosen',
  'awaiting',
  'consent_version_used',
  'consent_ended_at',
  'places',
  'places_key_id',
  'last_area',
  'last_area_at',
  'next_tick_at',
] as const

export function presenceOf(row: PresenceRow, vault: PlacesVault): Presence {
  return {
    userId: row.user_id,
    version: row.version,
    cell: row.cell === null ? null : parseCellToken(row.cell),
    publishedAtMs: row.published_at?.getTime() ?? null,
    shown: row.shown,
    lastSeenMs: row.last_seen?.getTime() ?? null,
    availability:
      row.available_since === null || row.available_until === null
        ? null
        : {
            sinceMs: row.available_since.getTime(),
            untilMs: row.available_until.getTime(),
            untilIsChosen: row.until_is_chosen === true,
          },
    awaiting: row.awaiting,
    consentVersionUsed: row.consent_version_used,
    consentEndedAtMs: row.consent_ended_at?.getTime() ?? null,
    places: placesOf(row, vault),
    lastArea:
      row.last_area === null || row.last_area_at === null
        ? null
        : { cell: parseCellToken(row.last_area), atMs: row.last_area_at.getTime() },
    nextTickAtMs: row.next_tick_at?.getTime() ?? null,
  }
}

export const placesOf = (
  row: Pick<PresenceRow, 'user_id' | 'places' | 'places_key_id'>,
  vault: PlacesVault,
): Places =>
  row.places === null || row.places_key_id === null
    ? []
    : vault.open(row.user_id, { keyId: row.places_key_id, bytes: row.places })

/** As JSON for `jsonb_populate_recordset`. */
export function rowOf(presence: Presence, vault: PlacesVault): Record<(typeof columns)[number], unknown> {
  const sealed = vault.seal(presence.userId, presence.places)
  const { availability, lastArea } = presence
  return {
    user_id: presence.userId,
    shard: shardOf(presence.userId),
    version: presence.version,
    cell: presence.cell === null ? null : cellToken(presence.cell),
    published_at: instant(presence.publishedAtMs),
    shown: presence.shown,
    last_seen: instant(presence.lastSeenMs),
    available_since: instant(availability?.sinceMs),
    available_until: instant(availability?.untilMs),
    until_is_chosen: availability?.untilIsChosen ?? null,
    awaiting: presence.awaiting,
    consent_version_used: presence.consentVersionUsed,
    consent_ended_at: instant(presence.consentEndedAtMs),
    places: sealed && `\\x${sealed.bytes.toString('hex')}`,
    places_key_id: sealed?.keyId ?? null,
    last_area: lastArea && cellToken(lastArea.cell),
    last_area_at: instant(lastArea?.atMs),
    next_tick_at: instant(presence.nextTickAtMs),
  }
}

const instant = (ms: number | null | undefined): string | null =>
  ms == null ? null : new Date(ms).toISOString()
