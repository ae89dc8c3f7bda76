import { inspect } from 'node:util'
import { z } from 'zod'

/** A value that prints as `[redacted]` wherever it lands; only `reveal()` gives it. */
export interface Secret {
  reveal(): string
}

class RedactedSecret implements Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return '[redacted]'
  }
  toJSON(): string {
    return '[redacted]'
  }
  [inspect.custom](): string {
    return '[redacted]'
  }
}

/** A schema for a secret of at least `minLength` characters. */
export const secret = (minLength = 16) =>
  z
    .string()
    .min(minLength, `must have at least ${minLength} characters`)
    .transform((value): Secret => new RedactedSecret(value))

/** A schema for a whole number of milliseconds, seconds or the like, given as text. */
export const duration = (fallback: number) => z.coerce.number().int().nonnegative().default(fallback)

export interface ConfigFault {
  variable: string
  message: string
}

/** Every fault of the environment at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly ConfigFault[]
  constructor(faults: readonly ConfigFault[]) {
    super(
      `The configuration has ${faults.length} fault(s):\n${faults.map(f => `  ${f.variable}: ${f.message}`).join('\n')}`,
    )
    this.faults = faults
  }
}

/**
 * Parses the environment by `schema` and shapes it: pure, frozen all the way down.
 * Values are never repeated in the error, for they may be secrets.
 * @throws ConfigError naming every variable that is wrong
 */
export function loadConfig<S extends z.ZodObject, T extends object>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
  shape: (values: z.output<S>) => T,
): T {
  const given = Object.fromEntries(
    Object.keys(schema.shape).map(name => [name, env[name] === '' ? undefined : env[name]]),
  )
  const parsed = schema.safeParse(given)
  if (!parsed.success)
    throw new ConfigError(
      parsed.error.issues.map(issue => ({
        variable: issue.path.join('.') || '(all)',
        message: given[String(issue.path[0])] === undefined ? 'is missing' : issue.message,
      })),
    )
  return deepFreeze(shape(parsed.data))
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (
      typeof inner === 'object' &&
      inner !== null &&
      !(inner instanceof RedactedSecret) &&
      !ArrayBuffer.isView(inner)
    )
      deepFreeze(inner)
  return Object.freeze(value)
}
