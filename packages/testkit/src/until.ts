type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>

/**
 * Waits until `condition` gives something truthy, and returns it. Rejections count as "not yet".
 * @throws Error after `withinMs`, with the last failure as its cause
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: { withinMs?: number; what?: string } = {},
): Promise<Truthy<T>> {
  const { withinMs = 15_000, what = 'the condition' } = options
  const endMs = performance.now() + withinMs
  let last: unknown
  for (;;) {
    try {
      const value = await condition()
      if (value) return value as Truthy<T>
      last = undefined
    } catch (error) {
      last = error
    }
    if (performance.now() > endMs)
      throw new Error(`${what} did not hold within ${withinMs} ms`, { cause: last })
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
