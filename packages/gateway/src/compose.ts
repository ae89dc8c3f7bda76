import type { Part, ServiceProcess } from '@walking-buddy/service-kit'
import type { GatewayConfig } from './config.ts'
import { createGateway, type Gateway, type GatewayOptions } from './gateway.ts'
import { watchFile } from './watch-file.ts'

/** The gateway as a process: serves the file, and serves it anew after a change of it or SIGHUP. */
export async function compose(
  { gateway: config, process: { shutdownMs } }: GatewayConfig,
  { scope, log, metrics, clock }: ServiceProcess,
): Promise<Gateway> {
  const { file, host, port, upstreams, limitScale } = config
  const gateway = await scope.start(
    'gateway',
    listeningGateway(
      { config: file, upstreams, host, port, limits: { scale: limitScale }, log, metrics, clock },
      shutdownMs,
    ),
  )
  await scope.start(
    'reload',
    reloading(gateway, file, error =>
      log.error({ err: error }, 'the file is faulty, so the one before stays in force'),
    ),
  )
  log.info({ url: `http://${host}:${gateway.port}` }, 'listening')
  return gateway
}

const listeningGateway =
  (options: GatewayOptions, shutdownMs: number): Part<Gateway> =>
  async () => {
    const gateway = createGateway(options)
    await gateway.listen()
    return { value: gateway, stop: () => gateway.close(shutdownMs * 0.8) }
  }

const reloading =
  (gateway: Gateway, file: string, onFault: (error: unknown) => void): Part<void> =>
  async () => {
    const reload = (): void => void gateway.reload().catch(onFault)
    const endWatch = watchFile(file, reload)
    process.on('SIGHUP', reload)
    return {
      value: undefined,
      stop: async () => {
        process.off('SIGHUP', reload)
        endWatch()
      },
    }
  }
