/** Waits until a service says that it is ready. @throws Error with what it lacked, after `withinMs` or an abort */
export async function untilReady(
  name: string,
  opsPort: number,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  const endMs = performance.now() + withinMs
  let last = 'it does not listen'
  while (!signal.aborted) {
    const fault = await readiness(opsPort)
    if (fault === undefined) return
    last = fault
    if (performance.now() > endMs) break
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`${name} did not get ready: ${last}. Its log tells more.`)
}

/** What keeps a service from being ready; undefined when it is. */
export async function readiness(opsPort: number): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${opsPort}/readyz`, { signal: AbortSignal.timeout(2_000) })
    const { ready, faults } = (await response.json()) as { ready: boolean; faults: Record<string, string> }
    return ready
      ? undefined
      : Object.entries(faults)
          .map(([part, fault]) => `${part}: ${fault}`)
          .join(', ')
  } catch {
    return 'it does not listen'
  }
}
