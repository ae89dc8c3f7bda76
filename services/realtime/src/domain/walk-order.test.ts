import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inOrder, type VersionedChange } from './walk-order.ts'

const change = (version: number): VersionedChange => ({ version, opens: version === 1 })

/** A reader as the store is one: keeps what cannot be told yet, forgets what was. */
function tell(arrivals: readonly VersionedChange[]): number[] {
  const told: number[] = []
  let held: VersionedChange[] = []
  for (const arrival of arrivals) {
    held.push(arrival)
    const ready = inOrder(told.at(-1) ?? 0, held)
    told.push(...ready.map(({ version }) => version))
    held = held.filter(({ version }) => version > (told.at(-1) ?? 0))
  }
  return told
}

test('in whatever order and however often changes arrive, each is told once and in order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }).chain(count => {
        const versions = Array.from({ length: count }, (_, i) => i + 1)
        return fc.shuffledSubarray([...versions, ...versions, ...versions], { minLength: 3 * count })
      }),
      versions => {
        expect(tell(versions.map(change))).toEqual([...new Set(versions)].sort((a, b) => a - b))
      },
    ),
  )
})

test('a change waits for the one before it', () => {
  expect(inOrder(1, [change(3)])).toEqual([])
  expect(inOrder(1, [change(3), change(2)]).map(c => c.version)).toEqual([2, 3])
})

test('what opens a walk waits for nothing', () => {
  expect(inOrder(0, [{ version: 5, opens: true }])).toHaveLength(1)
  expect(inOrder(0, [{ version: 5, opens: false }])).toHaveLength(0)
})
