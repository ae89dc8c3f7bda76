import { createHash } from 'node:crypto'
import { type CellId, cellAt, cellCenter } from '@walking-buddy/cells'
import { keyedOrder } from '../../../../services/matching/src/domain/keyed-order.ts'
import { monthOf } from '../../../../services/matching/src/domain/traits.ts'
import { Walkers } from '../../../../services/matching/src/domain/walkers.ts'

export const radiusMeters = 5_000
export const listLength = 20

/** People at random in a square, each in the published cell of 200 m that holds them. */
export interface Town {
  people: number
  /** How many are within the radius of somebody, on average. */
  inRadius: number
}

export interface Inhabitant {
  userId: string
  username: string
  cell: CellId
  /** Centre of the cell: all that any of the contenders knows. */
  lat: number
  lng: number
}

const center = { lat: 48, lng: -20 }
const kmPerDegree = 111.195

export const lastSeen = new Date('2026-05-20T10:00:00Z')

const sideKmOf = ({ people, inRadius }: Town): number =>
  Math.sqrt((people * Math.PI * (radiusMeters / 1_000) ** 2) / inRadius)

/** The same people for the same town, one after the other. */
export function* inhabitantsOf(town: Town): Generator<Inhabitant> {
  const draw = random(town.people + town.inRadius)
  const side = sideKmOf(town)
  for (let i = 0; i < town.people; i++) {
    const north = (draw() - 0.5) * side
    const east = (draw() - 0.5) * side
    const cell = cellAt(
      center.lat + north / kmPerDegree,
      center.lng + east / (kmPerDegree * Math.cos((center.lat * Math.PI) / 180)),
      200,
    )
    yield { userId: userIdOf(i), username: `walker-${i}`, cell, ...cellCenter(cell) }
  }
}

/** Some who live far enough inside to have the average around them. */
export function viewersOf(town: Town, count: number): Inhabitant[] {
  const margin = (sideKmOf(town) / 2 - radiusMeters / 1_000) / kmPerDegree
  const inside = [...inhabitantsOf(town)].filter(({ lat, lng }) => {
    const east = Math.abs(lng - center.lng) * Math.cos((center.lat * Math.PI) / 180)
    return Math.abs(lat - center.lat) < margin && east < margin
  })
  return Array.from({ length: count }, (_, i) => inside[Math.floor((i * inside.length) / count)]!)
}

export const accountOf = ({ userId, username }: Pick<Inhabitant, 'userId' | 'username'>) => ({
  userId,
  version: 1,
  username,
  profilePhotoUrl: null,
  traits: {
    birthYear: 1990,
    birthMonth: 5,
    gender: null,
    pace: 'any' as const,
    searchRadiusMeters: radiusMeters,
    ageRangeMin: 18,
    ageRangeMax: 100,
    genderPreference: 'any' as const,
  },
  suspended: false,
  isLocationEnabled: true,
  locationConsentVersion: 1,
})

/** The index of the matching service with these people in it. */
export function indexOf(inhabitants: Iterable<Inhabitant>): Walkers {
  const walkers = new Walkers(keyedOrder(Buffer.from('bench')))
  for (const inhabitant of inhabitants) {
    walkers.learnAccount(accountOf(inhabitant))
    walkers.learnPresence({
      userId: inhabitant.userId,
      version: 1,
      cell: inhabitant.cell,
      lastSeenMs: lastSeen.getTime(),
    })
  }
  return walkers
}

const month = monthOf(Date.now())

/** By every rule of the nearby list, best first; of use until the next search. */
export const searchOf = (walkers: Walkers, person: number) =>
  walkers.search(person, { radiusMeters, limit: listLength, month, apart: walkers.apartFrom(person) })

/** Ids and distances: what GEOSEARCH gives. */
export function search(walkers: Walkers, person: number): { id: string; distanceMeters: number }[] {
  const { count, people, distancesMeters } = searchOf(walkers, person)
  const found: { id: string; distanceMeters: number }[] = []
  for (let i = 0; i < count; i++)
    found.push({ id: walkers.idOf(people[i]!), distanceMeters: distancesMeters[i]! })
  return found
}

export function userIdOf(number: number): string {
  const hex = createHash('sha256').update(String(number)).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function random(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
