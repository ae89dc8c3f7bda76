import { expect, test } from 'vitest'
import { generateTown } from './generate-town.ts'

test('the same seed gives the same bytes, another seed another town', () => {
  expect(generateTown('7')).toBe(generateTown('7'))
  expect(generateTown('8')).not.toBe(generateTown('7'))
})

test('the town lies in the open Atlantic and is about 4 km across', () => {
  const xml = generateTown('7')
  const of = (name: string) =>
    [...xml.matchAll(new RegExp(` ${name}="(-?[\\d.]+)"`, 'g'))].map(match => Number(match[1]))
  const [lats, lngs] = [of('lat'), of('lon')]
  const span = (values: number[]) => Math.max(...values) - Math.min(...values)
  expect(span(lats) * 111.2).toBeGreaterThan(3.8)
  expect(span(lats) * 111.2).toBeLessThan(4.6)
  expect(span(lngs) * 111.2 * Math.cos((48 * Math.PI) / 180)).toBeLessThan(4.6)
  expect(Math.min(...lats)).toBeGreaterThan(47.9)
  expect(Math.max(...lngs)).toBeLessThan(-19.9)
})
