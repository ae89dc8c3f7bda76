import { loadConfig } from './config.ts'
import { runTown } from './town-life.ts'

// The town as a process: what happens goes to stdout, one JSON object a line.
const config = loadConfig(process.env)
const ending = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort())
await runTown({
  gateway: config.GATEWAY_URL,
  mapFile: config.MAP_FILE,
  stateFile: config.STATE_FILE,
  seed: config.SEED,
  walkers: config.WALKERS,
  speedFactor: config.SPEED_FACTOR,
  tell: event => process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`),
  signal: ending.signal,
})
