import { cpuMicrosOf } from './cpu-time.ts'
import { median, quantile } from './statistics.ts'

/** One of those that are measured beside each other. */
export interface Contender {
  name: string
  /** Processes whose CPU time the work costs, by what they are; of external engines the pid, if it is known. */
  processes: Readonly<Record<string, number>>
  /** Works for about so long; says how many operations were done, and what each took where that is of interest. */
  run(durationMs: number): Promise<{ operations: number; latenciesMs?: readonly number[] }>
}

export interface Measured {
  name: string
  perSecond: number
  /** By process, µs of CPU an operation. */
  cpuMicros: Record<string, number>
  p50Ms?: number
  p99Ms?: number
  /** Of each round, in order. */
  rounds: number[]
}

/**
 * Runs the contenders in turns, so that whatever disturbs the machine disturbs all of them, each time in another
 * order; figures are medians over the rounds. One turn before the first is not counted.
 */
export async function inRounds(
  contenders: readonly Contender[],
  { rounds, durationMs }: { rounds: number; durationMs: number },
): Promise<Measured[]> {
  const samples = new Map(contenders.map(({ name }) => [name, [] as Sample[]]))
  for (let round = -1; round < rounds; round++)
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(turn + Math.max(0, round)) % contenders.length]!
      const sample = await sampleOf(contender, round < 0 ? durationMs / 2 : durationMs)
      if (round >= 0) samples.get(contender.name)!.push(sample)
    }
  return contenders.map(({ name }) => summary(name, samples.get(name)!))
}

interface Sample {
  perSecond: number
  cpuMicros: Record<string, number>
  p50Ms: number
  p99Ms: number
}

async function sampleOf(contender: Contender, durationMs: number): Promise<Sample> {
  const processes = Object.entries(contender.processes)
  const before = processes.map(([, pid]) => cpuMicrosOf(pid))
  const startedMs = performance.now()
  const { operations, latenciesMs = [] } = await contender.run(durationMs)
  const seconds = (performance.now() - startedMs) / 1_000
  const cpuMicros = Object.fromEntries(
    processes.flatMap(([name, pid], i) => {
      const [from, to] = [before[i], cpuMicrosOf(pid)]
      return from === undefined || to === undefined ? [] : [[name, (to - from) / operations]]
    }),
  )
  return {
    perSecond: operations / seconds,
    cpuMicros,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  }
}

function summary(name: string, samples: readonly Sample[]): Measured {
  const middle = (of: (sample: Sample) => number): number => median(samples.map(of))
  const processes = Object.keys(samples[0]!.cpuMicros)
  return {
    name,
    perSecond: middle(sample => sample.perSecond),
    cpuMicros: Object.fromEntries(
      processes.map(process => [process, middle(sample => sample.cpuMicros[process]!)]),
    ),
    ...(Number.isNaN(samples[0]!.p50Ms)
      ? {}
      : { p50Ms: middle(sample => sample.p50Ms), p99Ms: middle(sample => sample.p99Ms) }),
    rounds: samples.map(sample => sample.perSecond),
  }
}
