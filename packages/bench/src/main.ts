import { parseArgs } from 'node:util'
import { EngineError } from '@walking-buddy/engines'
import { engineUrls } from './engine-urls.ts'
import { createReport, type Report } from './report/report.ts'

/** What a benchmark gets to run with. */
export interface BenchRun {
  engines: { postgres: string; redis: string; kafka: string }
  rounds: number
  durationMs: number
  report: Report
}

const benches: Record<string, { about: string; load: () => Promise<(run: BenchRun) => Promise<void>> }> = {
  nearby: {
    about: 'the nearby index beside Redis GEOSEARCH and PostGIS KNN; its growth',
    load: async () => (await import('./nearby/nearby.ts')).nearby,
  },
  ingest: {
    about: 'positions into the location service beside one frame, one GEOADD, one Kafka send each',
    load: async () => (await import('./ingest/ingest.ts')).ingest,
  },
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.5' },
  },
})
const bench = benches[positionals[0] ?? '']
if (!bench) {
  const names = Object.entries(benches).map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`)
  console.log(`npm run bench <name> [--rounds 5] [--seconds 1.5]\n${names.join('\n')}`)
  process.exit(positionals.length === 0 ? 0 : 1)
}

const rounds = Number(values.rounds)
const durationMs = Number(values.seconds) * 1_000
if (!(rounds >= 1) || !(durationMs > 0)) {
  console.error('--rounds and --seconds are positive numbers')
  process.exit(1)
}
const engines = await engineUrls(line => console.log(line)).catch((error: unknown) => {
  // Of two benchmarks at once both would measure the other.
  console.error(error instanceof EngineError ? error.message : error)
  process.exit(1)
})
try {
  const report = createReport(positionals[0]!, { rounds, durationMs })
  await (await bench.load())({ engines, rounds, durationMs, report })
  console.log(`\n${report.finish()}`)
} finally {
  await engines.stop()
}
process.exit(0)
