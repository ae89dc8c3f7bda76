import { cellAt, type Density, noDensity, publishedCell } from '@walking-buddy/cells'
import { describe, expect, test } from 'vitest'
import { lifeOfAPerson, minute, point, startMs } from '../../test/life-of-a-person.ts'

const home = point(0, 0)
const work = point(5_000, 3_000)
const cafe = point(2_000, -2_000)
const at = (where: { lat: number; lng: number }) => () => where
const cellOf = (where: { lat: number; lng: number }) => publishedCell(noDensity, where)
const fine: Density = { version: 'fine', sideAt: () => 200 }

describe('becoming available', () => {
  test('the first position after consent publishes its cell at once', () => {
    const ann = lifeOfAPerson()
    ann.report(home)
    expect(ann.view).toMatchObject({ cell: cellOf(home), publishedAtMs: startMs })
    expect(ann.presence.availability).toEqual({
      sinceMs: startMs,
      untilMs: startMs + 60 * minute,
      untilIsChosen: false,
    })
  })

  test('each consent counts once: after an explicit off no position makes anyone available', () => {
    const ann = lifeOfAPerson()
    ann.report(home)
    ann.off()
    ann.stay(at(home), 120 * minute)
    expect(ann.presence.availability).toBeNull()
    expect(ann.view).toBeNull()
    ann.consent(false)
    ann.consent(true)
    ann.report(home)
    expect(ann.view?.cell).toBe(cellOf(home))
  })

  test('an off before the first position counts as well', () => {
    const ann = lifeOfAPerson()
    ann.off()
    ann.report(home)
    expect(ann.view).toBeNull()
  })

  test('a switch-on without a known position publishes the first one that arrives, at once', () => {
    const ann = lifeOfAPerson()
    ann.on()
    expect(ann.view).toBeNull()
    ann.pass(20 * minute)
    ann.report(home)
    expect(ann.view).toMatchObject({ cell: cellOf(home), publishedAtMs: startMs + 20 * minute })
  })

  test('off and on again within 30 minutes of a publication shows the old cell, wherever one is', () => {
    const ann = lifeOfAPerson()
    ann.report(home)
    const before = ann.view
    ann.off()
    ann.pass(29 * minute)
    ann.report(work)
    ann.on()
    expect(ann.view).toEqual(before)
    ann.off()
    ann.pass(1 * minute)
    ann.on()
    expect(ann.view?.cell).toBe(cellOf(work))
  })

  test('switching on again what is on publishes nothing', () => {
    const ann = lifeOfAPerson()
    ann.report(home)
    ann.pass(40 * minute)
    ann.report(work)
    ann.on()
    expect(ann.view?.cell).toBe(cellOf(home))
    expect(ann.moments).toHaveLength(1)
  })

  test('who jumps farther than any airliner flies is published only where they stay', () => {
    const ann = lifeOfAPerson()
    ann.report(home)
    ann.off()
    ann.pass(31 * minute)
    const far = { lat: -33, lng: 151 }
    ann.report(far)
    ann.on()
    expect(ann.view).toBeNull()
    ann.stay(at(far), 20 * minute)
    expect(ann.view?.cell).toBe(cellOf(far))
  })

  test('without consent nobody can be switched on', () => {
    const ann = lifeOfAPerson()
    ann.consent(false)
    expect(ann.on().refused).toBe('location-disabled')
    expect(ann.presence.availability).toBeNull()
  })

  test('a first position in the middle of a walk makes nobody available, nor do those after the walk', () => {
    const ann = lifeOfAPerson()
    ann.walk({ cameAtMs: startMs, open: true })
    ann.report(home)
    ann.walk({ cameAtMs: startMs, open: false })
    ann.stay(at(home), 60 * minute)
    expect(ann.view).toBeNull()
  })
})

describe('changes', () => {
  test('a stay elsewhere changes the cell, on the own tick and not before 30 minutes have passed', () => {
    const ann = lifeOfAPerson()
    ann.report(home)
    ann.pass(6 * minute)
    ann.stay(at(work), 23 * minute)
    expect(ann.view?.cell).toBe(cellOf(home))
    ann.stay(at(work), 7 * minute)
    expect(ann.view?.cell).toBe(cellOf(work))
    expect(ann.view!.publishedAtMs).toBeGreaterThanOrEqual(startMs + 30 * minute)
  })

  test('lastSeen moves in steps of 30 minutes, on ticks', () => {
    const ann = lifeOfAPerson()
    ann.stay(at(home), 100 * minute)
    const steps = ann.moments.map(({ view }) => view!.lastSeenMs)
    expect(steps).toEqual([0, 30, 60, 90].map(minutes => startMs + minutes * minute))
    expect(new Set(ann.moments.map(({ view }) => view!.cell)).size).toBe(1)
  })

  test('another address density applies only with a change of one’s own', () => {
    const ann = lifeOfAPerson()
    ann.stay(at(home), 60 * minute)
    ann.useDensity(fine)
    ann.stay(at(home), 120 * minute)
    expect(ann.view?.cell).toBe(cellOf(home))
    ann.pass(6 * minute)
    ann.stay(at(work), 20 * minute)
    expect(ann.view?.cell).toBe(cellAt(work.lat, work.lng, 200))
    ann.pass(31 * minute)
    ann.stay(at(home), 20 * minute)
    expect(ann.view?.cell).toBe(cellAt(home.lat, home.lng, 200))
  })
})

describe('becoming invisible', () => {
  test('off, withdrawn consent and suspension hide at once', () => {
    for (const hide of ['off', 'suspend', 'withdraw'] as const) {
      const ann = lifeOfAPerson()
      ann.report(home)
      ann.pass(1_234)
      if (hide === 'withdraw') ann.consent(false)
      else ann[hide]()
      expect(ann.moments.at(-1)).toEqual({ atMs: startMs + 1_234, version: 2, view: null })
    }
  })

  test('a withdrawal that is heard late, after consent was given again and used, hides nobody', () => {
    const ann = lifeOfAPerson()
    ann.report(home)
    ann.consent(false)
    ann.consent(true)
    ann.report(home)
    ann.act({ kind: 'consent-ended', version: 2 })
    expect(ann.view).not.toBeNull()
  })

  test('whoever is found without consent at their tick is hidden, whoever was to tell of it', () => {
    const ann = lifeOfAPerson()
    ann.report(home)
    const presence = ann.presence
    const decided = ann.act({ kind: 'tick' }).presence
    expect(decided.shown).toBe(true)
    ann.consent(false)
    expect(presence.shown).toBe(true)
    expect(ann.view).toBeNull()
  })

  test('nobody is switched on while suspended, nor back without a switch-on', () => {
    const ann = lifeOfAPerson()
    ann.report(home)
    ann.suspend()
    expect(ann.on().refused).toBe('location-disabled')
    ann.reinstate()
    ann.report(home)
    expect(ann.view).toBeNull()
    ann.on()
    expect(ann.view).not.toBeNull()
  })

  test('silence ends nothing until 60 minutes after the last position, then a tick does', () => {
    const ann = lifeOfAPerson()
    ann.stay(at(home), 10 * minute)
    const lastMs = ann.nowMs - minute
    ann.pass(lastMs + 60 * minute - ann.nowMs - 1)
    expect(ann.view).not.toBeNull()
    ann.pass(5 * minute + 1)
    expect(ann.view).toBeNull()
    expect(ann.moments.at(-1)!.atMs).toBeGreaterThanOrEqual(lastMs + 60 * minute)
  })

  test('a walk whose sharing window came hides on the tick, and nothing brings back who walked but a switch-on', () => {
    const ann = lifeOfAPerson()
    ann.stay(at(home), 10 * minute)
    ann.walk({ cameAtMs: ann.nowMs, open: true })
    ann.pass(1)
    expect(ann.view).not.toBeNull()
    ann.pass(5 * minute)
    expect(ann.view).toBeNull()
    ann.on()
    ann.report(home)
    expect(ann.view).toBeNull()
    ann.walk({ cameAtMs: ann.nowMs, open: false })
    ann.stay(at(home), 60 * minute)
    expect(ann.view).toBeNull()
    ann.on()
    expect(ann.view).not.toBeNull()
  })
})

describe('losing the store of positions', () => {
  test('changes nobody’s cell, publishes nobody anew and hides nobody for 300 s', () => {
    const ann = lifeOfAPerson()
    ann.stay(at(home), 10 * minute)
    ann.pass(48 * minute)
    const before = [...ann.moments]
    ann.loseSightings()
    ann.pass(5 * minute - 1)
    expect(ann.moments).toEqual(before)
  })

  test('a stay has to be ten minutes long again', () => {
    const ann = lifeOfAPerson()
    ann.report(home)
    ann.pass(40 * minute)
    ann.stay(at(work), 9 * minute)
    ann.loseSightings()
    ann.stay(at(work), 9 * minute)
    expect(ann.view?.cell).toBe(cellOf(home))
    ann.stay(at(work), 10 * minute)
    expect(ann.view?.cell).toBe(cellOf(work))
  })
})

describe('what is kept', () => {
  test('at most twenty places, the least recently used one goes first', () => {
    const ann = lifeOfAPerson()
    for (let i = 0; i < 25; i++) {
      ann.pass(6 * minute)
      ann.stay(at(point(i * 500, 0)), 12 * minute)
    }
    const norths = ann.presence.places
      .map(({ center }) => Math.round((center.reveal().lat - 48) * 111_195))
      .sort((a, b) => a - b)
    expect(norths).toHaveLength(20)
    expect(norths[0]).toBe(2_500)
  })

  test('a stay is remembered of people who cannot be found, too', () => {
    const ann = lifeOfAPerson()
    ann.off()
    ann.stay(at(cafe), 11 * minute)
    expect(ann.presence.places).toMatchObject([{ remembered: true }])
  })

  test('a day after consent was withdrawn no place is left, and the coarse position neither', () => {
    const ann = lifeOfAPerson()
    ann.stay(at(home), 15 * minute)
    ann.consent(false)
    ann.pass(23 * 60 * minute)
    expect(ann.presence.places).not.toEqual([])
    ann.pass(60 * minute + 1)
    expect(ann.presence).toMatchObject({ places: [], lastArea: null, nextTickAtMs: null })
  })
})
