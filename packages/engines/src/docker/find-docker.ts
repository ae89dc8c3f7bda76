import { connect } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ContainerRuntimeClient } from 'testcontainers'
import { dockerHost } from '../config.ts'

const CONNECT_TIMEOUT_MS = 500
const CLIENT_TIMEOUT_MS = 5_000

/**
 * A Docker engine that answers, if there is one. Without any it costs a few milliseconds:
 * the client library is loaded only once a socket has accepted a connection.
 */
export async function findDocker(): Promise<ContainerRuntimeClient | undefined> {
  const answers = await Promise.all(addresses(dockerHost()).map(accepts))
  if (!answers.includes(true)) return undefined
  const { getContainerRuntimeClient } = await import('testcontainers')
  return within(CLIENT_TIMEOUT_MS, getContainerRuntimeClient())
}

/** The value, or `undefined` when it fails or takes longer. */
export async function within<T>(timeoutMs: number, value: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, timeoutMs, undefined)
  })
  try {
    return await Promise.race([value.catch(() => undefined), timeout])
  } finally {
    clearTimeout(timer)
  }
}

type Address = { path: string } | { host: string; port: number }

function addresses(host: string | undefined): Address[] {
  const usual = [
    '/var/run/docker.sock',
    `/run/user/${process.getuid?.()}/docker.sock`,
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.docker/desktop/docker.sock'),
  ].map(path => ({ path }))
  if (host === undefined || !URL.canParse(host)) return usual
  const { hostname, port, pathname } = new URL(host)
  return [hostname ? { host: hostname, port: Number(port || 2375) } : { path: pathname }]
}

const accepts = (address: Address) =>
  new Promise<boolean>(resolve => {
    const socket = connect({ ...address, timeout: CONNECT_TIMEOUT_MS })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('timeout', () => settle(false))
  })
