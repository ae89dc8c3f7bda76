#!/usr/bin/env node
// Runs the command line on the Node version that the workspace pins, whatever version called it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..')
const pinned = join(packageRoot, '../../node_modules/node/bin/node')
if (!existsSync(pinned)) {
  process.stderr.write('The workspace is not installed yet: run `npm start` once.\n')
  process.exit(1)
}
const child = spawn(pinned, [join(packageRoot, 'src/main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
