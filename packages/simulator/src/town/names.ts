import type { Random } from '../random.ts'

const trees = [
  'Ash',
  'Birch',
  'Cedar',
  'Elder',
  'Hazel',
  'Juniper',
  'Larch',
  'Linden',
  'Maple',
  'Rowan',
  'Willow',
  'Alder',
  'Hawthorn',
  'Mulberry',
  'Chestnut',
]
const traits = [
  'Old',
  'Upper',
  'Lower',
  'Little',
  'Long',
  'Quiet',
  'Far',
  'West',
  'East',
  'Sunny',
  'Windy',
  'Salt',
]
const trades = [
  'Rope',
  'Sail',
  'Glass',
  'Candle',
  'Basket',
  'Cooper',
  'Mason',
  'Miller',
  'Weaver',
  'Printer',
  'Net',
  'Lantern',
]
const people = [
  'Ada',
  'Bruno',
  'Clara',
  'Dorian',
  'Edda',
  'Fenna',
  'Gustav',
  'Hanne',
  'Ivo',
  'Jonas',
  'Kaya',
  'Lotte',
  'Mirko',
  'Nele',
  'Otis',
  'Pia',
  'Quirin',
  'Rosa',
  'Sami',
  'Thea',
  'Uma',
  'Viggo',
  'Wanda',
  'Yara',
  'Zeno',
]
const things = [
  'Gull',
  'Anchor',
  'Lantern',
  'Compass',
  'Heron',
  'Tide',
  'Harbour',
  'Pebble',
  'Otter',
  'Kite',
  'Teapot',
  'Bicycle',
]

/** A street's name. */
export const streetName = (random: Random): string =>
  random.chance(0.5)
    ? `${random.pick(trees)} ${random.pick(['Street', 'Lane', 'Row', 'Way'])}`
    : `${random.pick([...traits, ...trades.map(trade => `${trade}makers`)])} ${random.pick(['Street', 'Lane', 'Road', 'Rise'])}`

const suffixes = {
  park: ['Park', 'Gardens', 'Green', 'Meadow'],
  river: ['Water', 'Brook'],
  cafe: ['Café', 'Coffee House', 'Espresso'],
  bakery: ['Bakery', 'Bread & Buns'],
  restaurant: ['Kitchen', 'Table', 'Dining Room'],
  bar: ['Arms', 'Tap', 'Inn'],
  pharmacy: ['Pharmacy'],
  library: ['Library'],
  museum: ['Museum', 'Collection'],
  viewpoint: ['Lookout', 'View'],
  fountain: ['Fountain', 'Well'],
  playground: ['Playground'],
  bookshop: ['Books', 'Book Room'],
  square: ['Square', 'Market'],
} as const

/** A place's name, of its kind. */
export function placeName(random: Random, kind: keyof typeof suffixes): string {
  const first = random.chance(0.4)
    ? `${random.pick(people)}'s`
    : random.chance(0.5)
      ? `The ${random.pick(things)}`
      : random.pick(trees)
  return `${first} ${random.pick(suffixes[kind])}`
}

/** First names for the town's people. */
export const firstNames: readonly string[] = people
