import { cellAt } from '@walking-buddy/cells'
import { fakeClock, until } from '@walking-buddy/testkit'
import { describe, expect, test } from 'vitest'
import { random } from '../../test/random.ts'
import { type AnyFact, accountOf, factsOf, learn, someTown, userIdOf } from '../../test/town.ts'
import { keyedOrder } from '../domain/keyed-order.ts'
import { Walkers } from '../domain/walkers.ts'
import { listNearby } from './list-nearby.ts'
import { presentViewer } from './present-viewer.ts'
import { rankNearby } from './rank-nearby.ts'
import { readAreas } from './read-areas.ts'
import { type NearbyUpdate, type ViewersChange, watchNearby } from './watch-nearby.ts'

const noOwner = { byIds: async () => [], apartFrom: async () => [] }

function watching(walkers: Walkers) {
  const clock = fakeClock(Date.UTC(2026, 4, 31, 12))
  const ledger = { admit: async () => true, forgetBefore: async () => {} }
  const loading = { done: Promise.resolve(), assertDone: () => {} }
  const deps = {
    walkers,
    clock,
    loading,
    accounts: noOwner,
    published: { ...noOwner, async *all() {} },
    ledger,
  }
  const shared = {
    ...deps,
    readArea: readAreas(deps),
    rank: rankNearby({ ...deps, revocations: { fresh: () => true } }),
    present: presentViewer(deps),
  }
  const watch = watchNearby(shared)
  const ended = new AbortController()
  const updates: NearbyUpdate[] = []
  let take: () => Promise<void> = async () => {}
  const queue: ViewersChange[] = []
  let wake = () => {}
  async function* changes() {
    while (!ended.signal.aborted) {
      for (let change = queue.shift(); change; change = queue.shift()) yield change
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
  const serving = watch.serve(
    changes(),
    async update => {
      updates.push(update)
      await take()
    },
    ended.signal,
  )
  return {
    clock,
    updates,
    watch,
    list: listNearby(shared),
    add: (...add: string[]) => {
      queue.push({ add, remove: [] })
      wake()
    },
    /** How the other side takes an update. */
    taking: (given: () => Promise<void>) => {
      take = given
    },
    settled: async () => {
      for (let turns = 0; turns < 20; turns++) await clock.advance(0)
    },
    stop: async () => {
      ended.abort()
      wake()
      await serving
    },
  }
}

const idsOf = (update: NearbyUpdate | undefined) => update?.items.map(item => item.userId)

describe('watched lists', () => {
  test('always come to equal what a request would give, whatever happens to whom', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const walkers = new Walkers(keyedOrder(Buffer.from('k')))
      const { clock, updates, list, add, settled, stop } = watching(walkers)
      const viewers = Array.from({ length: 8 }, (_, i) => userIdOf(i))
      add(...viewers)
      const draw = random(seed)
      const facts: AnyFact[] = factsOf(seed, { users: 30, changes: 200 })
      for (const [i, fact] of facts.entries()) {
        learn(walkers, fact)
        if (draw() < 0.05) walkers.keepApartNow(userIdOf(i % 30), userIdOf((i * 7) % 30), draw() < 0.6, 0)
        if (i % 10 > 0) continue
        await settled()
        await clock.advance(1_000)
        await settled()
        for (const viewerId of viewers) {
          const asked = await list({ viewerId, limit: 50 })
          const sent = updates.findLast(update => update.viewerId === viewerId)
          expect(sent?.items, `seed ${seed}, fact ${i}`).toEqual(asked.items)
        }
      }
      await stop()
    }
  })

  test('are sent once a second at most, and the newest state wins over a slow reader', async () => {
    const { walkers, ids } = someTown({ users: 2 })
    const { clock, updates, add, settled, taking, stop } = watching(walkers)
    const slow = Promise.withResolvers<void>()
    add(ids[0]!)
    await settled()
    expect(updates).toHaveLength(1)
    taking(() => slow.promise)
    for (let version = 2; version < 500; version++) {
      walkers.learnAccount(accountOf(ids[1]!, { version, username: `name-${version}` }))
      await clock.advance(100)
    }
    expect(updates).toHaveLength(2)
    taking(async () => {})
    slow.resolve()
    await settled()
    await clock.advance(1_000)
    await settled()
    expect(updates).toHaveLength(3)
    expect(updates.at(-1)!.items[0]!.username).toBe('name-499')
    await stop()
  })

  test('a revocation does not wait for the second to pass', async () => {
    const { walkers, ids } = someTown({ users: 3 })
    const { updates, add, settled, stop } = watching(walkers)
    add(ids[0]!)
    await settled()
    walkers.suspendNow(ids[1]!, true, 0)
    await settled()
    walkers.keepApartNow(ids[0]!, ids[2]!, true, 0)
    await settled()
    expect(updates.map(update => update.items.length)).toEqual([2, 1, 0])
    await stop()
  })

  test('turn with the month, as ages do', async () => {
    const { walkers, ids } = someTown({ users: 2 })
    const account = walkers.account(ids[1]!)
    walkers.learnAccount({
      ...account,
      version: 2,
      traits: { ...account.traits, birthYear: 1990, birthMonth: 6 },
    })
    const { clock, updates, add, settled, stop } = watching(walkers)
    add(ids[0]!)
    await settled()
    expect(updates.at(-1)!.items[0]!.age).toBe(35)
    for (let minute = 0; minute < 13 * 60; minute++) await clock.advance(60_000)
    await until(() => updates.at(-1)!.items[0]!.age === 36)
    expect(updates).toHaveLength(2)
    await stop()
  })

  test('of a crowd are made anew when somebody leaves whom the list did not show', async () => {
    const { walkers, ids } = someTown({ users: 160, together: true })
    for (const [i, userId] of ids.entries()) {
      const { traits } = walkers.account(userId)
      walkers.learnAccount(
        accountOf(userId, { version: 2, traits: { ...traits, birthYear: 1950 + (i % 50) } }),
      )
    }
    const { clock, updates, list, add, settled, stop } = watching(walkers)
    add(ids[0]!)
    await settled()
    for (const userId of ids.slice(1, 120)) {
      walkers.learnPresence({ userId, version: 2, cell: cellAt(40, -20, 200), lastSeenMs: 0 })
      await clock.advance(1_000)
      await settled()
      const asked = await list({ viewerId: ids[0]!, limit: 50 })
      expect(idsOf(updates.at(-1))).toEqual(asked.items.map(item => item.userId))
    }
    await stop()
  })
})
