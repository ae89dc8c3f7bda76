import { type CellId, cellAt } from '@walking-buddy/cells'
import { unavailable } from '@walking-buddy/errors'
import { fakeClock } from '@walking-buddy/testkit'
import { describe, expect, test } from 'vitest'
import { readAreas } from './read-areas.ts'

/** 3.6 km apart: each in an area of its own. */
const cellIn = (area: number) => cellAt(48 + area * 0.0324, -20, 200)

function ledgerInMemory() {
  const areas = new Map<string, Set<CellId>>()
  const ledger = {
    asked: 0,
    isDown: false,
    async admit(userId: string, day: string, area: CellId) {
      ledger.asked += 1
      if (ledger.isDown) throw unavailable('unavailable')
      const counted = areas.get(`${userId} ${day}`) ?? new Set()
      if (counted.size < 12) counted.add(area)
      areas.set(`${userId} ${day}`, counted)
      return counted.has(area)
    },
    forgetBefore: async () => {},
  }
  return ledger
}

describe('read areas', () => {
  test('the ledger is asked once for each area of a day', async () => {
    const [ledger, clock] = [ledgerInMemory(), fakeClock()]
    const readArea = readAreas({ ledger, clock })
    for (let times = 0; times < 5; times++)
      for (let area = 0; area < 12; area++) await readArea('anna', cellIn(area))
    expect(ledger.asked).toBe(12)
    await readArea('anna', cellAt(48.0001, -20.0001, 800))
    expect(ledger.asked).toBe(12)
  })

  test('the thirteenth area is refused until the next day, without asking again', async () => {
    const [ledger, clock] = [ledgerInMemory(), fakeClock(Date.UTC(2026, 4, 20, 23, 0))]
    const readArea = readAreas({ ledger, clock })
    for (let area = 0; area < 12; area++) await readArea('anna', cellIn(area))
    await expect(readArea('anna', cellIn(12))).rejects.toMatchObject({
      kind: 'exhausted',
      code: 'too-many-areas',
      retryAfterSeconds: 3_600,
    })
    expect(ledger.asked).toBe(12)
    await readArea('ben', cellIn(12))
    await readArea('anna', cellIn(3))
    await clock.advance(3_600_000)
    await readArea('anna', cellIn(12))
  })

  test('what another instance counted counts here', async () => {
    const [ledger, clock] = [ledgerInMemory(), fakeClock()]
    const [one, other] = [readAreas({ ledger, clock }), readAreas({ ledger, clock })]
    for (let area = 0; area < 12; area++) await (area % 2 ? one : other)('anna', cellIn(area))
    await expect(one('anna', cellIn(12))).rejects.toMatchObject({ code: 'too-many-areas' })
    await one('anna', cellIn(0))
  })

  test('a new area cannot be read while it cannot be counted; known ones can', async () => {
    const [ledger, clock] = [ledgerInMemory(), fakeClock()]
    const readArea = readAreas({ ledger, clock })
    await readArea('anna', cellIn(0))
    ledger.isDown = true
    await expect(readArea('anna', cellIn(1))).rejects.toMatchObject({ kind: 'unavailable' })
    await readArea('anna', cellIn(0))
    ledger.isDown = false
    await readArea('anna', cellIn(1))
  })
})
