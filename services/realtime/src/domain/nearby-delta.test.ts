import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deltaOf, type NearbyDelta, type NearbyList } from './nearby-delta.ts'

interface Walker {
  userId: string
  distanceMeters: number
}

/** A client: it knows only what it was told. */
function apply(known: Map<string, Walker>, delta: NearbyDelta<Walker>): Map<string, Walker> {
  const next = delta.reset ? new Map<string, Walker>() : new Map(known)
  for (const walker of [...delta.added, ...delta.changed]) next.set(walker.userId, walker)
  for (const userId of delta.removed) next.delete(userId)
  return next
}

const list = fc
  .uniqueArray(
    fc.record({
      userId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      distanceMeters: fc.constantFrom(200, 400),
    }),
    { selector: walker => walker.userId },
  )
  .map((walkers): NearbyList<Walker> => ({ walkers, asOf: '2026-01-01T00:00:00.000Z' }))

test('whoever applies every delta has the list, however many lists were skipped in between', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(list, fc.boolean()), { minLength: 1 }), steps => {
      let known = new Map<string, Walker>()
      let told: NearbyList<Walker> | undefined
      for (const [now, reads] of steps) {
        if (!reads) continue
        const delta = deltaOf(told, now)
        expect(delta?.reset).toBe(told ? undefined : true)
        if (delta) known = apply(known, delta)
        told = now
        expect(new Map(now.walkers.map(walker => [walker.userId, walker]))).toEqual(known)
      }
    }),
  )
})

test('an unchanged list is no news', () => {
  const walkers = [{ userId: 'a', distanceMeters: 200 }]
  expect(deltaOf({ walkers, asOf: '1' }, { walkers: [{ ...walkers[0]! }], asOf: '2' })).toBeUndefined()
})

test('an empty list is news to somebody who was told nothing', () => {
  expect(deltaOf(undefined, { walkers: [], asOf: '1' })).toEqual({
    reset: true,
    added: [],
    changed: [],
    removed: [],
    asOf: '1',
  })
})
