import { mkdirSync } from 'node:fs'
import type { EngineConfig } from '../config.ts'
import type { DataDirectory } from '../data-directory.ts'
import { HOST } from '../ports.ts'
import { STOP_STEPS } from '../process/stop-process.ts'
import { runCommand } from './command.ts'
import type { LocalEngine } from './local-engine.ts'

export function localRedis(config: EngineConfig, directory: DataDirectory): LocalEngine {
  const port = config.ports.redis
  return {
    url: `redis://${HOST}:${port}`,

    async missingPackages() {
      if ((await runCommand('redis-server', ['--version'])).ok) return []
      return [{ software: 'Redis', apt: ['redis-server'], brew: 'redis', engine: 'redis' }]
    },

    install: async () => {},

    async prepare() {
      const cwd = directory.engine('redis')
      mkdirSync(cwd, { recursive: true })
      return {
        command: 'redis-server',
        // A cache: whatever it holds may be lost at any time, so it writes nothing.
        args: ['--bind', HOST, '--port', `${port}`, '--save', '', '--appendonly', 'no', '--dir', cwd],
        cwd,
        port,
        stop: STOP_STEPS.redis,
      }
    },
  }
}
