import { readdirSync, readFileSync } from 'node:fs'
import { cellAt, cellCenter, type LatLng, noDensity, publishedCell } from '@walking-buddy/cells'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { random } from '../../test/random.ts'
import { type AnyFact, factsOf, learn, someTown, userIdOf } from '../../test/town.ts'
import type { Presence } from './facts.ts'
import { keyedOrder } from './keyed-order.ts'
import { monthOf } from './traits.ts'
import { Walkers } from './walkers.ts'

const month = monthOf(Date.UTC(2026, 4, 20))
const newWalkers = () => new Walkers(keyedOrder(Buffer.from('k')))

function listOf(walkers: Walkers, userId: string, limit = 100): string[] {
  const person = walkers.find(userId)
  if (walkers.cellOf(person) === undefined) return []
  const found = walkers.search(person, {
    radiusMeters: 20_000,
    month,
    limit,
    apart: walkers.apartFrom(person),
  })
  return Array.from(found.people.subarray(0, found.count), (other, i) =>
    JSON.stringify(walkers.card(other, found.distancesMeters[i]!, month)),
  )
}

const allLists = (walkers: Walkers, users: number) =>
  Array.from({ length: users }, (_, i) => listOf(walkers, userIdOf(i)))

describe('walkers', () => {
  test('facts delivered three times in any order give the same state and the same lists', () => {
    fc.assert(
      fc.property(fc.integer(), seed => {
        const facts = factsOf(seed, { users: 30, changes: 300 })
        const inOrder = newWalkers()
        for (const fact of facts) learn(inOrder, fact)
        const shuffled = newWalkers()
        for (const fact of shuffle([...facts, ...facts, ...facts], seed)) learn(shuffled, fact)
        expect(shuffled.fingerprint()).toBe(inOrder.fingerprint())
        expect(allLists(shuffled, 30)).toEqual(allLists(inOrder, 30))
        expect(shuffled.size.listed).toBe(inOrder.size.listed)
      }),
      { numRuns: 60 },
    )
  })

  test('a state built from the newest facts alone equals the one that lived through all of them', () => {
    fc.assert(
      fc.property(fc.integer(), seed => {
        const facts = factsOf(seed, { users: 30, changes: 300 })
        const live = newWalkers()
        for (const fact of facts) learn(live, fact)
        const newest = new Map<string, AnyFact>()
        for (const fact of facts) newest.set(`${fact.kind} ${fact.userId}`, fact)
        const rebuilt = newWalkers()
        for (const fact of newest.values()) learn(rebuilt, fact)
        expect(rebuilt.fingerprint()).toBe(live.fingerprint())
        expect(allLists(rebuilt, 30)).toEqual(allLists(live, 30))
      }),
      { numRuns: 60 },
    )
  })

  test('a different fact gives a different fingerprint', () => {
    const facts = factsOf(1, { users: 5, changes: 20 })
    const one = newWalkers()
    const other = newWalkers()
    for (const fact of facts) {
      learn(one, fact)
      learn(other, fact)
    }
    one.learnPresence({ userId: userIdOf(0), version: 9_999, cell: cellAt(48, -20, 200), lastSeenMs: 0 })
    other.learnPresence({ userId: userIdOf(0), version: 9_999, cell: cellAt(48, -20, 400), lastSeenMs: 0 })
    expect(one.fingerprint()).not.toBe(other.fingerprint())
  })

  test('listed is only who is published, consents, is not suspended and has an account', () => {
    const { walkers, ids } = someTown({ users: 2 })
    const seen = () => listOf(walkers, ids[0]!).length
    expect(seen()).toBe(1)
    const stays = { userId: ids[1]!, cell: cellAt(48, -20, 200), lastSeenMs: 0 }
    const account = walkers.account(ids[1]!)
    walkers.learnAccount({ ...account, version: 2, suspended: true })
    expect(seen()).toBe(0)
    walkers.learnAccount({ ...account, version: 3 })
    expect(seen()).toBe(1)
    walkers.learnAccount({ ...account, version: 4, isLocationEnabled: false, locationConsentVersion: 2 })
    expect(seen()).toBe(0)
    walkers.learnAccount({ ...account, version: 5, isLocationEnabled: true, locationConsentVersion: 3 })
    walkers.learnPresence({ ...stays, version: 2, cell: null })
    expect(seen()).toBe(0)
    walkers.learnPresence({ ...stays, version: 3 })
    expect(seen()).toBe(1)
    walkers.erase(ids[1]!)
    expect(seen()).toBe(0)
    walkers.learnAccount({ ...account, version: 99 })
    walkers.learnPresence({ ...stays, version: 99 })
    expect(seen()).toBe(0)
  })

  test('a published person whose account is not known is asked for, and listed once it is', () => {
    const { walkers, ids } = someTown({ users: 2 })
    const missing: number[] = []
    walkers.listen({ accountMissing: person => missing.push(person) })
    const stranger = userIdOf(50)
    walkers.learnPresence({ userId: stranger, version: 1, cell: cellAt(48, -20, 200), lastSeenMs: 0 })
    expect(missing.map(person => walkers.idOf(person))).toEqual([stranger])
    expect(listOf(walkers, ids[0]!)).toHaveLength(1)
    walkers.learnAccount({ ...walkers.account(ids[1]!), userId: stranger })
    expect(listOf(walkers, ids[0]!)).toHaveLength(2)
  })

  test('the revocation watch acts before the facts come, and facts that are older do not undo it', () => {
    const { walkers, ids } = someTown({ users: 3 })
    const [viewer, other] = [ids[0]!, ids[1]!]
    const sees = () => listOf(walkers, viewer).some(card => card.includes(other))
    const account = walkers.account(other)

    walkers.keepApartNow(other, viewer, true, 0)
    expect(sees()).toBe(false)
    expect(listOf(walkers, other).some(card => card.includes(viewer))).toBe(false)
    walkers.learnBlocks({ userId: other, version: 1, blockedIds: [] })
    expect(sees()).toBe(false)
    walkers.keepApartNow(other, viewer, false, 0)
    expect(sees()).toBe(true)

    walkers.suspendNow(other, true, 0)
    walkers.learnAccount({ ...account, version: 2 })
    expect(sees()).toBe(false)
    walkers.suspendNow(other, false, 0)
    expect(sees()).toBe(true)

    walkers.consentNow(other, 5, false)
    walkers.learnAccount({ ...account, version: 3, locationConsentVersion: 4 })
    expect(sees()).toBe(false)
    walkers.learnAccount({ ...account, version: 4, locationConsentVersion: 6 })
    expect(sees()).toBe(true)
  })

  test('blocks keep apart both ways until the list without them comes', () => {
    const { walkers, ids } = someTown({ users: 3 })
    const pairs: string[] = []
    walkers.listen({ pairChanged: (a, b) => pairs.push([walkers.idOf(a), walkers.idOf(b)].join(' ')) })
    walkers.learnBlocks({ userId: ids[0]!, version: 2, blockedIds: [ids[1]!] })
    expect(listOf(walkers, ids[0]!)).toHaveLength(1)
    expect(listOf(walkers, ids[1]!)).toHaveLength(1)
    expect(listOf(walkers, ids[2]!)).toHaveLength(2)
    walkers.learnBlocks({ userId: ids[0]!, version: 1, blockedIds: [] })
    expect(listOf(walkers, ids[0]!)).toHaveLength(1)
    walkers.learnBlocks({ userId: ids[0]!, version: 3, blockedIds: [] })
    expect(listOf(walkers, ids[0]!)).toHaveLength(2)
    expect(pairs).toEqual([`${ids[0]} ${ids[1]}`, `${ids[0]} ${ids[1]}`])
  })

  test('a pair told by the watch is remembered until the record answers for it', () => {
    const { walkers, ids } = someTown({ users: 2 })
    walkers.keepApartNow(ids[0]!, ids[1]!, true, 1_000)
    expect([...walkers.toldApartBefore(1_000)]).toEqual([])
    expect([...walkers.toldApartBefore(1_001)]).toEqual([expect.objectContaining({ onRecord: false })])
    walkers.learnBlocks({ userId: ids[1]!, version: 1, blockedIds: [ids[0]!] })
    expect([...walkers.toldApartBefore(1_001)]).toEqual([expect.objectContaining({ onRecord: true })])
  })
})

describe('privacy', () => {
  test('10,000 pairs of true positions in the same cell give the same bytes to everyone else', () => {
    const draw = random(7)
    const { walkers, ids } = someTown({ users: 4 })
    let version = 1
    const seenFrom = (position: LatLng): string => {
      version += 1
      walkers.learnPresence({
        userId: ids[1]!,
        version,
        cell: publishedCell(noDensity, position),
        // Also the minute within the half hour says nothing.
        lastSeenMs: Math.floor(draw() * 1_800_000),
      })
      return JSON.stringify(allLists(walkers, 4))
    }
    for (let pairs = 0; pairs < 10_000; ) {
      const one = { lat: 48 + draw() * 0.05, lng: -20 + draw() * 0.05 }
      const center = cellCenter(publishedCell(noDensity, one))
      const other = { lat: center.lat + (draw() - 0.5) * 0.007, lng: center.lng + (draw() - 0.5) * 0.01 }
      if (publishedCell(noDensity, other) !== publishedCell(noDensity, one)) continue
      expect(seenFrom(one)).toBe(seenFrom(other))
      pairs += 1
    }
  })

  test('nothing in this service can hold an exact position', () => {
    const position = { lat: 48.123456, lng: -20.123456 }
    // @ts-expect-error a cell is no position, and a position no cell
    const presence: Presence = { userId: '', version: 1, cell: position, lastSeenMs: 0 }
    expect(presence).toBeDefined()
    const root = new URL('../../', import.meta.url)
    expect(readFileSync(new URL('package.json', root), 'utf8')).not.toContain('exact-position')
    for (const file of readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.ts') && !file.endsWith('.test.ts'))
        expect(readFileSync(new URL(`src/${file}`, root), 'utf8'), file).not.toContain('exact-position')
  })

  test('the order of equals tells nothing of ids, of arrival or of anything but the key', () => {
    const { walkers, ids } = someTown({ users: 200, together: true })
    const viewers = [ids[0]!, ids[1]!]
    const orders = viewers.map(viewer =>
      listOf(walkers, viewer).map(card => JSON.parse(card).userId as string),
    )
    expect(orders[0]).not.toEqual([...orders[0]!].sort())
    expect(orders[0]!.filter(id => orders[1]!.includes(id))).not.toEqual(
      orders[1]!.filter(id => orders[0]!.includes(id)),
    )
    const rebuilt = newWalkers()
    for (const id of [...ids].reverse()) {
      rebuilt.learnPresence({
        userId: id,
        version: 1,
        cell: walkers.cellOf(walkers.find(id))!,
        lastSeenMs: 0,
      })
      rebuilt.learnAccount(walkers.account(id))
    }
    for (const viewer of viewers) expect(listOf(rebuilt, viewer)).toEqual(listOf(walkers, viewer))
  })
})

function shuffle<T>(items: T[], seed: number): T[] {
  const draw = random(seed)
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1))
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  return items
}
