import { readFileSync } from 'node:fs'

/** Ticks of /proc are hundredths of a second on every Linux that Node runs on. */
const tickMicros = 10_000

/** CPU time of a process so far, user and system, in microseconds; undefined where there is no /proc. */
export function cpuMicrosOf(pid: number): number | undefined {
  if (pid === process.pid) {
    const { user, system } = process.cpuUsage()
    return user + system
  }
  try {
    // The name, in parentheses, may hold anything; what follows it begins with field 3.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) * tickMicros
  } catch {
    return undefined
  }
}

/** Resident memory of a process in MiB. */
export function residentMibOf(pid: number): number | undefined {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return undefined
  }
}
