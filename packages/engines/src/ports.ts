import { createServer } from 'node:net'
import { type EnginePorts, type EngineProfile, portVariable } from './config.ts'
import type { EngineName } from './engine.ts'
import { PortTakenError } from './errors.ts'

/** Every engine listens here only. */
export const HOST = '127.0.0.1'

/** @throws PortTakenError that names every engine whose port another program has. */
export async function assertPortsFree(
  engines: readonly EngineName[],
  ports: EnginePorts,
  profile: EngineProfile,
): Promise<void> {
  const wanted = engines.flatMap(engine =>
    (engine === 'kafka' ? (['kafka', 'kafkaController'] as const) : [engine]).map(key => ({
      engine,
      port: ports[key],
      variable: portVariable(profile, key),
    })),
  )
  const free = await Promise.all(wanted.map(({ port }) => isFree(port)))
  const taken = wanted.filter((_, index) => !free[index])
  if (taken.length > 0) throw new PortTakenError(taken)
}

const isFree = (port: number) =>
  new Promise<boolean>(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ host: HOST, port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
