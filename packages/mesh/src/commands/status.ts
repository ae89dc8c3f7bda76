import { readFileSync } from 'node:fs'
import { engineStatus } from '@walking-buddy/engines'
import { identify } from '@walking-buddy/engines/process'
import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { readiness } from '../constellation/ready.ts'
import { portsOf, type ServiceName, serviceNames } from '../constellation/services.ts'
import { recordedProcesses } from '../constellation/supervised-process.ts'

interface Line {
  name: string
  state: string
  memory: string
  where: string
}

export const status = () =>
  new Command('status')
    .description('what runs, whether it is ready, and the memory that it takes')
    .option('--json', 'for programs')
    .action(async (options: { json?: true }) => {
      const config = loadConfig()
      const { owner, engines } = await engineStatus(config.dataDir)
      const processes = recordedProcesses(config.dataDir)
      const lines: Line[] = [
        ...engines.map(engine => ({
          name: engine.engine,
          state: engine.state,
          memory: megabytes(engine.residentBytes),
          where: engine.url.replace(/\/\/[^@/]*@/, '//'),
        })),
        ...(await Promise.all(
          processes.map(async ({ name, pid, startedAt }) => {
            const alive = identify(pid)?.startedAt === startedAt
            const service = serviceNames.find(candidate => candidate === name)
            return {
              name,
              state: alive ? await stateOf(config, service) : 'ended',
              memory: alive ? megabytes(residentOf(pid)) : '',
              where: service ? `http://127.0.0.1:${portsOf(config, service).http}` : '',
            }
          }),
        )),
      ]
      if (options.json) process.stdout.write(`${JSON.stringify({ owner, parts: lines }, null, 2)}\n`)
      else if (lines.length === 0) process.stdout.write('Nothing runs here: `npm start` starts the mesh.\n')
      else
        for (const line of lines)
          process.stdout.write(
            `${line.name.padEnd(10)} ${line.state.padEnd(12)} ${line.memory.padStart(7)}  ${line.where}\n`,
          )
      if (!owner || lines.some(line => !['running', 'ready', 'external'].includes(line.state)))
        process.exitCode = 1
    })

async function stateOf(
  config: ReturnType<typeof loadConfig>,
  service: ServiceName | undefined,
): Promise<string> {
  if (!service) return 'running'
  return (await readiness(portsOf(config, service).ops)) ?? 'ready'
}

const megabytes = (bytes: number | undefined): string =>
  bytes === undefined ? '' : `${Math.round(bytes / 2 ** 20)} MB`

/** Resident memory of one process; undefined where /proc is not to be had. */
function residentOf(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}
