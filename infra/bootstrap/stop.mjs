import { existsSync } from 'node:fs'
import { NODE } from './places.mjs'
import { handOver } from './run.mjs'

if (existsSync(NODE))
  process.exitCode = await handOver(NODE, ['packages/mesh/src/main.ts', 'stop', ...process.argv.slice(2)])
else console.log('Nothing is running: this clone was never started.')
