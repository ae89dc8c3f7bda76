import type { BenchRun } from '../main.ts'
import { startChild } from '../measure/child.ts'
import { closedLoop } from '../measure/load.ts'
import { type Contender, inRounds } from '../measure/rounds.ts'
import { measuredTable, rateOf } from '../report/measured-table.ts'
import { growth, repeat } from './growth.ts'
import { overHttp } from './over-http.ts'
import { connectPostgres, fillPostgres, knn } from './postgres-town.ts'
import { connectRedis, fillRedis, geoSearch, redisPidOf } from './redis-town.ts'
import { indexOf, inhabitantsOf, search, type Town, viewersOf } from './town.ts'

const people = 100_000
const goals = [
  { inRadius: 800, least: 15 },
  { inRadius: 200, least: 5 },
  { inRadius: 30, least: 1.5 },
] as const

/** Requests that a program has under way at once. */
const together = 64

/** The nearby index beside what one would use instead. */
export async function nearby(run: BenchRun): Promise<void> {
  const { engines, report } = run
  const redis = await connectRedis(engines.redis)
  const pool = await connectPostgres(engines.postgres)
  try {
    report.section(`Nearest 20 of ${people.toLocaleString('en')} people`)
    for (const { inRadius, least } of goals) {
      const town: Town = { people, inRadius }
      const key = keyOf(town)
      await fillRedis(redis, key, inhabitantsOf(town))
      await fillPostgres(pool, `people_${inRadius}`, inhabitantsOf(town))
      const measured = await inRounds(await contendersFor(town, redis, pool), run)
      for (const { stop } of started.splice(0)) await stop()
      report.table(measuredTable(`~${inRadius} within the radius`, measured, names.redis))
      const ratio = (name: string, peer: string) => rateOf(measured, name) / rateOf(measured, peer)
      report.goal({
        goal: `search vs Redis GEOSEARCH, ~${inRadius} in radius`,
        bound: 'least',
        target: least,
        measured: ratio(names.index, names.redis),
        unit: '×',
      })
      report.goal({
        goal: `… both behind one Redis client, ~${inRadius} in radius`,
        bound: 'least',
        target: least,
        measured: ratio(names.front, names.redis),
        unit: '×',
      })
      report.goal({
        goal: `search vs PostGIS KNN, ~${inRadius} in radius`,
        bound: 'least',
        target: 3,
        measured: ratio(names.index, names.postgres),
        unit: '×',
      })
    }
    await overHttp(run, redis, keyOf, people)
  } finally {
    for (const { inRadius } of goals) {
      await redis.del(keyOf({ people, inRadius }))
      await pool.query(`DROP TABLE IF EXISTS people_${inRadius}`)
    }
    redis.destroy()
    await pool.end()
  }
  await growth(run)
}

const names = {
  index: 'the index, in the process',
  front: 'the index behind a Redis client',
  redis: 'Redis GEOSEARCH',
  postgres: 'PostGIS KNN',
}

const keyOf = ({ people, inRadius }: Town): string => `walking-buddy:bench:${people}:${inRadius}`

const started: { stop: () => Promise<void> }[] = []

async function contendersFor(
  town: Town,
  redis: Awaited<ReturnType<typeof connectRedis>>,
  pool: Awaited<ReturnType<typeof connectPostgres>>,
): Promise<Contender[]> {
  const walkers = indexOf(inhabitantsOf(town))
  const viewers = viewersOf(town, 2_000)
  let turn = 0
  const next = () => viewers[turn++ % viewers.length]!
  const front = await startChild<{ url: string }>(new URL('resp-front.ts', import.meta.url), {
    args: [JSON.stringify(town)],
  })
  const frontClient = await connectRedis(front.said.url)
  started.push({ stop: async () => frontClient.destroy() }, front)
  const here = { here: process.pid }
  const key = keyOf(town)
  const table = `people_${town.inRadius}`
  return [
    {
      name: names.index,
      processes: here,
      run: async ms => repeat(() => search(walkers, walkers.find(next().userId)), ms),
    },
    {
      name: names.front,
      processes: { ...here, 'in the engine': front.pid },
      run: ms => closedLoop(() => geoSearch(frontClient, key, next().userId), together, ms),
    },
    {
      name: names.redis,
      processes: { ...here, 'in the engine': await redisPidOf(redis) },
      run: ms => closedLoop(() => geoSearch(redis, key, next().userId), together, ms),
    },
    { name: names.postgres, processes: here, run: ms => closedLoop(() => knn(pool, table, next()), 4, ms) },
  ]
}
