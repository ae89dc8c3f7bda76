import type { BenchRun } from '../main.ts'

export async function ingest(run: BenchRun): Promise<void> {
  void run
}
