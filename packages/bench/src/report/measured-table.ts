import type { Measured } from '../measure/rounds.ts'
import type { Table } from './report.ts'

/** Contenders beside each other, with the ratio of their rates to that of `peer`. */
export function measuredTable(
  title: string,
  measured: readonly Measured[],
  peer: string,
  note?: string,
): Table {
  const processes = [...new Set(measured.flatMap(({ cpuMicros }) => Object.keys(cpuMicros)))]
  const latency = measured.some(({ p50Ms }) => p50Ms !== undefined)
  const base = measured.find(({ name }) => name === peer)?.perSecond ?? Number.NaN
  return {
    title,
    ...(note === undefined ? {} : { note }),
    columns: [
      '',
      'per second',
      ...processes.map(process => `µs CPU ${process}`),
      ...(latency ? ['p50 ms', 'p99 ms'] : []),
      `÷ ${peer}`,
    ],
    rows: measured.map(({ name, perSecond, cpuMicros, p50Ms, p99Ms }) => [
      name,
      perSecond,
      ...processes.map(process => cpuMicros[process] ?? ''),
      ...(latency ? [p50Ms ?? '', p99Ms ?? ''] : []),
      perSecond / base,
    ]),
  }
}

/** @throws where nobody of that name was measured */
export function rateOf(measured: readonly Measured[], name: string): number {
  const found = measured.find(contender => contender.name === name)
  if (!found) throw new Error(`${name} was not measured`)
  return found.perSecond
}
