import { existsSync, readFileSync } from 'node:fs'

const LINES = 12

/** The end of a log, and where the rest is. */
export function lastLines(log: string): string {
  if (!existsSync(log)) return ''
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  return [...lines.slice(-LINES).map(line => `  ${line}`), `(${log})`].join('\n')
}
