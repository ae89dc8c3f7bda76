import { cellAt } from '@walking-buddy/cells'
import type { Walkers } from '../../../../services/matching/src/domain/walkers.ts'
import type { BenchRun } from '../main.ts'
import { inRounds } from '../measure/rounds.ts'
import { growthExponent } from '../measure/statistics.ts'
import { figure } from '../report/report.ts'
import { type Inhabitant, indexOf, inhabitantsOf, random, searchOf, userIdOf } from './town.ts'

const perSquareKm = 10
const sizes = [10_000, 100_000, 1_000_000]
const crowds = [1_000, 10_000, 100_000]

/** How cost and memory grow with people, and with how densely they stand. */
export async function growth({ rounds, durationMs, report }: BenchRun): Promise<void> {
  report.section('How it grows')
  const towns = sizes.map(people => {
    const inRadius = perSquareKm * Math.PI * 25
    return { size: people, walkers: indexOf(inhabitantsOf({ people, inRadius })) }
  })
  const searches = await costs(towns, 'µs a search', rounds, durationMs, searching)
  const updates = await costs(towns, 'µs a move', rounds, durationMs, moving)
  report.table({
    title: `People, at ${perSquareKm} on a square kilometre`,
    columns: ['people', 'µs a search', 'µs a move', 'bytes each, in all', 'cells'],
    rows: towns.map(({ size, walkers }, i) => [
      size,
      searches[i]!.cost,
      updates[i]!.cost,
      walkers.size.bytes / size,
      walkers.size.cells,
    ]),
  })
  const memory = towns.map(({ size, walkers }) => ({ size, cost: walkers.size.bytes }))
  report.goal({
    goal: 'search vs people, exponent',
    bound: 'most',
    target: 0.1,
    measured: growthExponent(searches),
    unit: '',
  })
  report.goal({
    goal: 'update vs people, exponent',
    bound: 'most',
    target: 0.2,
    measured: growthExponent(updates),
    unit: '',
  })
  report.goal({
    goal: 'memory vs people, exponent',
    bound: 'most',
    target: 1.05,
    measured: growthExponent(memory),
    unit: '',
  })
  towns.length = 0

  const hotspots = crowds.map(people => ({ size: people, walkers: indexOf(crowdOf(people)) }))
  const dense = await costs(hotspots, 'µs a search', rounds, durationMs, searching)
  report.table({
    title: 'A hotspot of one square kilometre, asked from inside',
    columns: ['people in it', 'µs a search', 'bytes each, in all'],
    rows: hotspots.map(({ size, walkers }, i) => [size, dense[i]!.cost, walkers.size.bytes / size]),
    note: `${figure(crowds.at(-1)! / 25)} people to a cell of 200 m in the last row`,
  })
  report.goal({
    goal: 'search vs density of a hotspot, exponent',
    bound: 'most',
    target: 0.2,
    measured: growthExponent(dense),
    unit: '',
  })
}

interface Populated {
  size: number
  walkers: Walkers
}

/** In CPU time of this process, so that what else runs on the machine matters less. */
async function costs(
  populated: readonly Populated[],
  name: string,
  rounds: number,
  durationMs: number,
  operationOf: (populated: Populated) => () => void,
): Promise<{ size: number; cost: number }[]> {
  const measured = await inRounds(
    populated.map(one => {
      const operation = operationOf(one)
      return {
        name: `${name} ${one.size}`,
        processes: { here: process.pid },
        run: async () => repeat(operation, durationMs / 2),
      }
    }),
    { rounds, durationMs },
  )
  return populated.map(({ size }, i) => ({ size, cost: measured[i]!.cpuMicros.here! }))
}

export function repeat(operation: () => void, durationMs: number): { operations: number } {
  const endMs = performance.now() + durationMs
  let operations = 0
  while (performance.now() < endMs) {
    for (let i = 0; i < 50; i++) operation()
    operations += 50
  }
  return { operations }
}

function searching({ size, walkers }: Populated): () => void {
  const draw = random(size)
  return () => void searchOf(walkers, Math.floor(draw() * size))
}

/** Somebody appears in another cell nearby, and is back there with the next move. */
function moving({ size, walkers }: Populated): () => void {
  const draw = random(size)
  let version = 1
  return () => {
    version += 1
    const person = Math.floor(draw() * size)
    const cell = walkers.cellOf(person)!
    walkers.learnPresence({
      userId: walkers.idOf(person),
      version,
      cell: (version % 2 ? cell + 1 : cell - 1) as typeof cell,
      lastSeenMs: 0,
    })
  }
}

function* crowdOf(people: number): Generator<Inhabitant> {
  const draw = random(people)
  for (let i = 0; i < people; i++) {
    const [lat, lng] = [
      48 + (draw() - 0.5) / 111.195,
      -20 + (draw() - 0.5) / (111.195 * Math.cos((48 * Math.PI) / 180)),
    ]
    yield { userId: userIdOf(i), username: `walker-${i}`, cell: cellAt(lat, lng, 200), lat, lng }
  }
}
