import { fakeClock } from '@walking-buddy/testkit'
import { describe, expect, test } from 'vitest'
import type { WalkWindow } from '../domain/sharing.ts'
import { walkWindows } from './walk-windows.ts'

const clock = fakeClock()
const window = (about: Partial<WalkWindow> = {}): WalkWindow => ({
  walkId: 'w1',
  version: 1,
  revision: 0,
  open: true,
  initiatorId: 'ann',
  partnerId: 'ben',
  accepted: true,
  shareFromMs: clock.now() - 1,
  shareUntilMs: null,
  initiatorShares: true,
  partnerShares: true,
  ...about,
})

describe('open walks', () => {
  test('that a snapshot does not name are over', () => {
    const walks = walkWindows(clock)
    walks.window(window())
    walks.window(window({ walkId: 'w2', initiatorId: 'cem' }))
    walks.snapshotStart()
    walks.window(window())
    walks.snapshotEnd()
    expect([...walks.all()].map(({ walkId }) => walkId)).toEqual(['w1'])
    expect(walks.ofUser('cem')).toEqual([])
    expect(walks.ofUser('ben')).toHaveLength(1)
  })

  test('are not opened again by what was sent before their end, nor changed by older words', () => {
    const walks = walkWindows(clock)
    walks.window(window({ version: 2, initiatorShares: false }))
    walks.window(window())
    expect(walks.find('w1')?.initiatorShares).toBe(false)
    walks.window(window({ version: 3, open: false }))
    walks.window(window({ version: 2, revision: 5 }))
    expect(walks.find('w1')).toBeUndefined()
  })

  test('are in sight from the moment their sharing window comes, and for a while after their end', async () => {
    const walks = walkWindows(clock)
    const shareFromMs = clock.now() + 1_000
    walks.window(window({ shareFromMs }))
    expect(walks.inSight('ann')).toBeNull()
    await clock.advance(1_000)
    expect(walks.inSight('ann')).toEqual({ cameAtMs: shareFromMs, open: true })
    walks.window(window({ version: 2, open: false }))
    expect(walks.inSight('ben')).toEqual({ cameAtMs: shareFromMs, open: false })
    await clock.advance(16 * 60_000)
    walks.snapshotStart()
    expect(walks.inSight('ben')).toBeNull()
  })
})
