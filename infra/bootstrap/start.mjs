import { NODE } from './places.mjs'
import { prepare } from './prepare.mjs'
import { handOver } from './run.mjs'

await prepare()
process.exitCode = await handOver(NODE, ['packages/mesh/src/main.ts', 'start', ...process.argv.slice(2)])
