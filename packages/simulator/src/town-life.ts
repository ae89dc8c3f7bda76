import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { importMap, readStreets } from '@walking-buddy/osm'
import { seededRandom } from './random.ts'
import { firstNames } from './town/names.ts'
import type { TownEvent } from './town-event.ts'
import { liveAs, type Persona } from './walker.ts'

export interface TownLife {
  gateway: string
  /** The map that people live on: `.osm` or `.osm.gz`. */
  mapFile: string
  seed: string
  walkers: number
  /** Town seconds a real second. */
  speedFactor: number
  /** Keeps the accounts' passwords between runs. */
  stateFile: string
  tell: (event: TownEvent) => void
  signal: AbortSignal
}

/** Lets the town's people live until the signal aborts. The same seed gives the same people with the same habits. */
export async function runTown(life: TownLife): Promise<void> {
  const random = seededRandom(`people/${life.seed}`)
  const [streets, map, installation] = await Promise.all([
    readStreets(life.mapFile),
    importMap(life.mapFile),
    stateOf(life.stateFile),
  ])
  const homes = map.places.filter(place => place.kind === 'address')
  const places = map.places.filter(place => place.kind === 'place')
  if (homes.length === 0 || places.length === 0)
    throw new Error(`${life.mapFile} has no addresses or no named places: nobody can live there`)

  // People who live in one quarter find each other: the simulation is about walks, not about loneliness.
  const centre = random.pick(homes)
  const quarter = homes.filter(
    home =>
      Math.hypot(home.lat - centre.lat, (home.lng - centre.lng) * Math.cos((centre.lat * Math.PI) / 180)) <
      1_300 / 111_195,
  )
  const around = {
    gateway: life.gateway,
    streets,
    places,
    speedFactor: life.speedFactor,
    plans: new Map(),
    names: new Map(),
    tell: life.tell,
  }
  await Promise.all(
    Array.from({ length: life.walkers }, (_, index) => {
      const own = random.fork(`walker ${index}`)
      return liveAs(
        personaOf(index, life.seed, installation, own.pick(quarter), own),
        around,
        own,
        life.signal,
      )
    }),
  )
}

function personaOf(
  index: number,
  seed: string,
  installation: Installation,
  home: Persona['home'],
  random: ReturnType<typeof seededRandom>,
): Persona {
  const name = `${firstNames[index % firstNames.length]}${index < firstNames.length ? '' : Math.floor(index / firstNames.length) + 1}`
  const handle = `${name.toLowerCase()}.${seed}.${installation.id}`
  return {
    name,
    home: { lat: home.lat, lng: home.lng },
    speed: random.between(1.1, 1.6),
    openness: random.between(0.85, 1),
    registration: {
      email: `${handle}@town.example`,
      password: `${installation.secret}-${index}`,
      username: handle,
      birthDate: `${random.integer(1960, 2004)}-0${random.integer(1, 9)}-1${random.integer(0, 9)}`,
      gender: random.pick(['female', 'male', 'other'] as const),
    },
  }
}

interface Installation {
  id: string
  secret: string
}

/** Accounts belong to one installation: its databases know them. */
async function stateOf(file: string): Promise<Installation> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Installation
  } catch {
    const state = { id: randomBytes(2).toString('hex'), secret: randomBytes(18).toString('base64url') }
    await writeFile(`${file}.new`, JSON.stringify(state), { mode: 0o600 })
    await rename(`${file}.new`, file)
    return state
  }
}
