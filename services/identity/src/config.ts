import {
  loadConfig as load,
  type Secret,
  secret,
  serviceConfig,
  serviceVariables,
} from '@walking-buddy/service-kit'
import { z } from 'zod'

const address = (fallback: string) =>
  z
    .string()
    .regex(/^\S+:\d{1,5}$/, 'must be host:port')
    .default(fallback)
const count = (fallback: number) => z.coerce.number().int().positive().default(fallback)
const seconds = count

/** `https://a.example,https://b.example`; no cookie is taken from anywhere else. */
const origins = z
  .string()
  .default('')
  .transform(text => text.split(',').filter(Boolean))
  .pipe(z.array(z.string().regex(/^https?:\/\/[^/]+$/, 'must be origins, without a path')))

const record = <T extends z.ZodType>(value: T, fallback: Record<string, z.input<T>>) =>
  z
    .string()
    .default(JSON.stringify(fallback))
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown
      } catch {
        context.addIssue({ code: 'custom', message: 'must be a JSON object' })
        return z.NEVER
      }
    })
    .pipe(z.record(z.string(), value))

const variables = {
  ...serviceVariables,
  MATCHING_GRPC: address('matching:4000'),
  WALK_GRPC: address('walk:4000'),

  /** JSON `{ "keys": [private OKP JWKs with kid] }`: the first signs, all are published. */
  IDENTITY_SIGNING_KEYS_FILE: z.string().min(1),
  ACCESS_TOKEN_SECONDS: z.coerce.number().int().min(60).max(600).default(600),
  TOKEN_AUDIENCE: serviceVariables.TOKEN_AUDIENCE.refine(
    audience => audience !== 'safety',
    'must not be that of safety tokens',
  ),
  /** Refresh tokens, device tokens and pseudonyms are derived from it. */
  IDENTITY_SECRET: secret(32),
  /** The one before, whose tokens are still taken. */
  IDENTITY_PREVIOUS_SECRET: secret(32).optional(),
  ALLOWED_ORIGINS: origins,

  // OWASP Password Storage Cheat Sheet: argon2id, m=19456 (19 MiB), t=2, p=1.
  PASSWORD_MEMORY_KIB: count(19_456),
  PASSWORD_PASSES: count(2),
  PASSWORD_LANES: count(1),
  PASSWORD_CONCURRENCY: count(2),
  /** Registrations and sign-ins that may run or wait for a hash; the others get 503. */
  SIGN_INS_AT_ONCE: count(64),

  LOGIN_ATTEMPTS_PER_SOURCE: count(5),
  LOGIN_ATTEMPTS_PER_ACCOUNT: count(50),
  LOGIN_FIRST_DELAY_SECONDS: seconds(1),
  LOGIN_LONGEST_DELAY_SECONDS: seconds(900),
  LOGIN_FORGET_SECONDS: seconds(86_400),

  CLIENT_LIMITS: record(z.number(), {
    bodyBytes: 65_536,
    imageBytes: 5_242_880,
    usernameCharacters: 30,
    bioCharacters: 500,
    walkMessageCharacters: 280,
    messageCharacters: 4_000,
    searchRadiusMeters: 20_000,
    trackPoints: 500,
    blocks: 1_000,
  }),
  CLIENT_SWITCHES: record(z.boolean(), {}),
}

/** @throws ConfigError naming every variable that is wrong */
export const loadConfig = (env: Readonly<Record<string, string | undefined>>) =>
  load(z.object(variables), env, values => {
    const common = serviceConfig('identity', values)
    const throttle = (freeAttempts: number) => ({
      freeAttempts,
      firstDelayMs: values.LOGIN_FIRST_DELAY_SECONDS * 1_000,
      maxDelayMs: values.LOGIN_LONGEST_DELAY_SECONDS * 1_000,
      forgetAfterMs: values.LOGIN_FORGET_SECONDS * 1_000,
    })
    const secrets: [Secret, ...Secret[]] = [values.IDENTITY_SECRET]
    if (values.IDENTITY_PREVIOUS_SECRET) secrets.push(values.IDENTITY_PREVIOUS_SECRET)
    return {
      ...common,
      peers: { matching: values.MATCHING_GRPC, walk: values.WALK_GRPC },
      signing: {
        keysFile: values.IDENTITY_SIGNING_KEYS_FILE,
        accessLifetimeSeconds: values.ACCESS_TOKEN_SECONDS,
      },
      secrets,
      allowedOrigins: values.ALLOWED_ORIGINS,
      passwords: {
        cost: {
          memoryKib: values.PASSWORD_MEMORY_KIB,
          passes: values.PASSWORD_PASSES,
          lanes: values.PASSWORD_LANES,
        },
        concurrency: values.PASSWORD_CONCURRENCY,
      },
      signInsAtOnce: values.SIGN_INS_AT_ONCE,
      login: {
        source: throttle(values.LOGIN_ATTEMPTS_PER_SOURCE),
        account: throttle(values.LOGIN_ATTEMPTS_PER_ACCOUNT),
      },
      client: {
        minimumVersions: common.http.minimumVersions,
        limits: values.CLIENT_LIMITS,
        switches: values.CLIENT_SWITCHES,
      },
    }
  })

export type Config = ReturnType<typeof loadConfig>
