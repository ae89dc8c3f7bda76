import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findWalk, lengthMeters } from '../../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tracks-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Lines of somebody who moves north at a speed, a point every 5 s. */
const lines = (from: number, count: number, metersPerSecond: number, uid = '1') =>
  Array.from(
    { length: count },
    (_, i) =>
      `${(48 + ((from + i) * 5 * metersPerSecond) / 111_195).toFixed(6)},-20,${new Date((from + i) * 5000).toISOString().slice(0, 19).replace('T', ' ')},${uid}`,
  )

test('a ride, a rest and a change of person are no walk; the walk after them is found', async () => {
  const file = join(folder, 'mixed.txt')
  writeFileSync(
    file,
    [
      'lat,lng,datetime,uid',
      ...lines(0, 200, 12),
      ...lines(1000, 200, 0),
      ...lines(2000, 60, 1.4, '2'),
      ...lines(2060, 100, 1.4, '3'),
    ].join('\n'),
  )
  const walk = await findWalk(file, 400)
  expect(walk[0]!.atMs).toBe(2060 * 5000)
  expect(lengthMeters(walk)).toBeCloseTo(400 * 1.4, -1)
})

test('a file without a walk says so', async () => {
  const file = join(folder, 'rides.txt')
  writeFileSync(file, lines(0, 500, 15).join('\n'))
  await expect(findWalk(file, 300)).rejects.toThrow('no walk of 5 minutes')
})

const geolife = join(import.meta.dirname, '../../../../../shared/data/geolife/geolife_sample.txt.gz')
describe.skipIf(!existsSync(geolife))('recorded walks (skipped where ../shared is absent)', () => {
  test('twelve minutes of a real walk are found, at a walking pace', async () => {
    const walk = await findWalk(geolife, 720)
    const seconds = (walk.at(-1)!.atMs - walk[0]!.atMs) / 1000
    expect(seconds).toBeGreaterThanOrEqual(720)
    expect(lengthMeters(walk) / seconds).toBeGreaterThan(0.5)
    expect(lengthMeters(walk) / seconds).toBeLessThan(2.4)
  })
})
