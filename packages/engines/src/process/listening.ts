import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const LISTEN_STATE = '0A'

/**
 * Whether a process itself listens on a TCP port. Where the system does not tell (macOS; a container in which even
 * root may not look into another user's process) anybody's listening counts: an engine that could not have its port
 * is then known by its end.
 */
export function listensOn(pid: number, port: number): boolean {
  if (process.platform !== 'linux') return true
  const listening = new Set(['tcp', 'tcp6'].flatMap(table => listeningSockets(pid, table, port)))
  const own = openSockets(pid)
  return own === undefined ? listening.size > 0 : own.some(socket => listening.has(socket))
}

/** Inodes of the sockets that listen on a port, in the network of the process. */
function listeningSockets(pid: number, table: string, port: number) {
  return lines(`/proc/${pid}/net/${table}`)
    .map(line => line.trim().split(/\s+/))
    .filter(
      ([, address, , state]) =>
        state === LISTEN_STATE && Number.parseInt(address?.split(':')[1] ?? '', 16) === port,
    )
    .flatMap(fields => fields[9] ?? [])
}

function openSockets(pid: number): string[] | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return []
      }
    })
  } catch {
    return undefined
  }
}

function lines(file: string) {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1)
  } catch {
    return []
  }
}
