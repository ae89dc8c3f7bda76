/** Does one operation. */
export type Operation = () => Promise<unknown>

/** Keeps `concurrency` operations going for a time; says how many were done. */
export async function closedLoop(
  operation: Operation,
  concurrency: number,
  durationMs: number,
): Promise<{ operations: number }> {
  const endMs = performance.now() + durationMs
  let operations = 0
  const lane = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await operation()
      operations += 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  return { operations }
}

/**
 * Sends at a steady rate, whether or not answers come, and takes latency from the intended moment of sending: an
 * answer that is late because the one before it was late counts as late.
 */
export async function openLoop(
  operation: Operation,
  perSecond: number,
  durationMs: number,
): Promise<{ operations: number; latenciesMs: number[] }> {
  const startedMs = performance.now()
  const total = Math.floor((perSecond * durationMs) / 1_000)
  const latenciesMs: number[] = []
  const running: Promise<void>[] = []
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startedMs) * perSecond) / 1_000) + 1)
    for (; sent < due; sent++) {
      const intendedMs = startedMs + (sent * 1_000) / perSecond
      running.push(operation().then(() => void latenciesMs.push(performance.now() - intendedMs)))
    }
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  await Promise.all(running)
  return { operations: total, latenciesMs }
}
