import { describe, expect, test } from 'vitest'
import { type BlockList, withBlocked, withoutBlocked } from './block-list.ts'

const empty: BlockList = { userId: 'me', version: 0, blockedIds: [] }

describe('a list of blocks', () => {
  test('rises one version with each change, and with nothing else', () => {
    const one = withBlocked(empty, 'eve')
    expect(one).toEqual({ userId: 'me', version: 1, blockedIds: ['eve'] })
    expect(withBlocked(one, 'eve')).toBe(one)
    expect(withoutBlocked(one, 'bob')).toBe(one)
    expect(withoutBlocked(one, 'eve')).toEqual({ userId: 'me', version: 2, blockedIds: [] })
  })

  test('never holds oneself', () => {
    expect(() => withBlocked(empty, 'me')).toThrow(
      expect.objectContaining({ kind: 'invalid', code: 'self-block' }),
    )
  })

  test('holds a thousand, and who is on a full one may be blocked again', () => {
    const full = { ...empty, blockedIds: Array.from({ length: 1_000 }, (_, i) => `u${i}`) }
    expect(() => withBlocked(full, 'eve')).toThrow(expect.objectContaining({ code: 'block-limit-reached' }))
    expect(withBlocked(full, 'u7')).toBe(full)
  })
})
