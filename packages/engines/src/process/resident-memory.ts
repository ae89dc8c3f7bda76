import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Memory of a process and its descendants in bytes; on Linux, memory that they share counts once. */
export function residentBytes(pid: number): number {
  const processes = process.platform === 'linux' ? linuxProcesses() : psProcesses()
  let total = 0
  const tree = [pid]
  for (const current of tree) {
    tree.push(...processes.filter(({ parent }) => parent === current).map(child => child.pid))
    total += processes.find(candidate => candidate.pid === current)?.bytes() ?? 0
  }
  return total
}

interface ProcessMemory {
  readonly pid: number
  readonly parent: number
  bytes(): number
}

function linuxProcesses(): ProcessMemory[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        return [{ pid: Number(name), parent, bytes: () => linuxBytes(name) }]
      } catch {
        return []
      }
    })
}

function linuxBytes(pid: string) {
  for (const [file, field] of [
    ['smaps_rollup', 'Pss'],
    ['status', 'VmRSS'],
  ]) {
    try {
      const text = readFileSync(`/proc/${pid}/${file}`, 'utf8')
      return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024
    } catch {
      // Another user's process shows its total only; a process that has just ended shows nothing.
    }
  }
  return 0
}

function psProcesses(): ProcessMemory[] {
  return execFileSync('ps', ['-axo', 'pid=,ppid=,rss='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0, kib = 0]) => ({ pid, parent, bytes: () => kib * 1024 }))
}
