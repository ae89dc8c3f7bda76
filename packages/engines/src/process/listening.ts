import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const LISTEN_STATE = '0A'

/**
 * Whether a process itself listens on a TCP port. Where the system does not tell (macOS; a container in which even
 * root may not look into another user's process) anybody's listening counts: an engine that could not have its port
 * is then known by its end.
 */
export function listensOn(pid: number, port: number): boolean {
  if (process.platform !== 'linux') return true
  const listening = new Set(['tcp', 'tcp6'].flatMap(table => listeningSockets(table, port)))
  if (listening.size === 0) return false
  try {
    return openFiles(pid).some(file => listening.has(file))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

/** The sockets that listen on a port, as they appear among a process's open files. */
function listeningSockets(table: string, port: number) {
  return readFileSync(`/proc/net/${table}`, 'utf8')
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(
      ([, address, , state]) =>
        state === LISTEN_STATE && Number.parseInt(address?.split(':')[1] ?? '', 16) === port,
    )
    .map(fields => `socket:[${fields[9]}]`)
}

function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`)
    } catch (error) {
      // Closed meanwhile.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
}
