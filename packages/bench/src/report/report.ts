import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

const folder = new URL('../../../../bench/results/', import.meta.url)

/** What was aimed at, and what came out. */
export interface Goal {
  goal: string
  /** `least`: the measured value is to be at least the target. */
  bound: 'least' | 'most'
  target: number
  measured: number
  unit: string
}

export interface Table {
  title: string
  /** What to know when reading it. */
  note?: string
  columns: readonly string[]
  rows: readonly (readonly (string | number)[])[]
}

/** Prints as it goes, and in the end writes everything as JSON. */
export interface Report {
  section(text: string): void
  table(table: Table): void
  goal(goal: Goal): void
  /** Whatever else the JSON should hold. */
  keep(name: string, value: unknown): void
  /** Prints the goals; returns the path of the file. */
  finish(): string
}

export function createReport(
  name: string,
  options: { rounds: number; durationMs: number },
  print: (line: string) => void = console.log,
): Report {
  const tables: Table[] = []
  const goals: Goal[] = []
  const kept: Record<string, unknown> = {}
  const startedAt = new Date()
  const loadBefore = loadavg()[0]!

  return {
    section: text => print(`\n${text}`),
    table(table) {
      tables.push(table)
      print(`\n${table.title}`)
      for (const line of linesOf(table)) print(line)
      if (table.note) print(`  ${table.note}`)
    },
    goal: goal => void goals.push(goal),
    keep: (key, value) => {
      kept[key] = value
    },
    finish() {
      const rows = goals.map(({ goal, bound, target, measured, unit }) => [
        goal,
        `${bound === 'least' ? '≥' : '≤'} ${target}${unit}`,
        `${figure(measured)}${unit}`,
        isMet({ bound, target, measured }) ? 'yes' : 'NO',
      ])
      const table = { title: 'Goals', columns: ['what', 'goal', 'measured', 'met'], rows }
      print(`\n${table.title}`)
      for (const line of linesOf(table)) print(line)
      mkdirSync(folder, { recursive: true })
      const file = new URL(`${name}.json`, folder)
      const machine = {
        cpu: cpus()[0]?.model,
        cores: cpus().length,
        memoryGiB: Math.round(totalmem() / 2 ** 30),
        node: process.version,
        platform: process.platform,
        loadBefore,
      }
      const result = {
        name,
        startedAt,
        finishedAt: new Date(),
        ...options,
        machine,
        goals: goals.map(goal => ({ ...goal, met: isMet(goal) })),
        tables,
        ...kept,
      }
      writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
      return fileURLToPath(file)
    },
  }
}

const isMet = ({ bound, target, measured }: Pick<Goal, 'bound' | 'target' | 'measured'>): boolean =>
  bound === 'least' ? measured >= target : measured <= target

/** Three significant digits, thousands apart. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

function* linesOf({ columns, rows }: Pick<Table, 'columns' | 'rows'>): Generator<string> {
  const cells = [columns, ...rows].map(row =>
    row.map(cell => (typeof cell === 'number' ? figure(cell) : cell)),
  )
  const widths = columns.map((_, i) => Math.max(...cells.map(row => (row[i] ?? '').length)))
  const isNumber = columns.map((_, i) => rows.every(row => typeof row[i] === 'number' || row[i] === ''))
  for (const [n, row] of cells.entries()) {
    yield `  ${row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()}`
    if (n === 0) yield `  ${widths.map(width => '─'.repeat(width)).join('  ')}`
  }
}
