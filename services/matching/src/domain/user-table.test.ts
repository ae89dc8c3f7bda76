import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UserTable } from './user-table.ts'

describe('user table', () => {
  test('an id keeps its number however many come after it, and a number gives its id back', () => {
    const table = new UserTable(6)
    const ids = Array.from({ length: 5_000 }, () => randomUUID())
    expect(ids.map(id => table.intern(id))).toEqual(ids.map((_, i) => i))
    expect(ids.map(id => table.intern(id.toUpperCase()))).toEqual(ids.map((_, i) => i))
    expect(ids.map((_, i) => table.idOf(i))).toEqual(ids)
    expect(table.size).toBe(5_000)
    expect(table.find(randomUUID())).toBe(-1)
  })

  test('people are ordered as their ids are', () => {
    fc.assert(
      fc.property(fc.array(fc.uuid(), { minLength: 2, maxLength: 50 }), ids => {
        const table = new UserTable(6)
        const numbers = [...new Set(ids.map(id => table.intern(id)))]
        const sorted = numbers.sort((a, b) => table.compare(a, b)).map(number => table.idOf(number))
        expect(sorted).toEqual([...sorted].sort())
      }),
    )
  })

  test('what is no UUID is nobody, and is not taken in', () => {
    const table = new UserTable(6)
    for (const wrong of [
      '',
      'x',
      '0190163d8694739baea5966c26f8ad91',
      '0190163d-8694-739b-aea5-966c26f8ad9g',
      '0190163d_8694-739b-aea5-966c26f8ad91',
      'ü190163d-8694-739b-aea5-966c26f8ad91',
    ]) {
      expect(table.find(wrong)).toBe(-1)
      expect(() => table.intern(wrong)).toThrow(RangeError)
    }
  })
})
