import { type AddressInfo, createServer, type Server } from 'node:net'
import { type EnginePorts, portVariable } from './config.ts'
import type { EngineName } from './engine.ts'
import { PortTakenError } from './errors.ts'

/** Every engine listens here only. */
export const HOST = '127.0.0.1'

/** @throws PortTakenError that names every engine whose port another program has. */
export async function assertPortsFree(engines: readonly EngineName[], ports: EnginePorts): Promise<void> {
  const wanted = engines.flatMap(engine =>
    (engine === 'kafka' ? (['kafka', 'kafkaController'] as const) : [engine]).map(key => ({
      engine,
      port: ports[key],
      variable: portVariable(key),
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

/** As many ports as are asked for that nobody listens on at the moment. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Server>((resolve, reject) => {
          const server = createServer().once('error', reject)
          server.listen(0, HOST, () => resolve(server))
        }),
    ),
  )
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
