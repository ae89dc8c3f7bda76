import {
  loadConfig as load,
  type Secret,
  secret,
  serviceConfig,
  serviceVariables,
} from '@walking-buddy/service-kit'
import { z } from 'zod'

const key = z
  .string()
  .regex(/^[\w.-]{1,32}:[A-Za-z0-9+/]{43}=$/, 'must be <id>:<32 bytes in base64>')
  .transform((text): { id: string; key: Secret } => {
    const [id = '', base64 = ''] = text.split(':')
    return { id, key: secret().parse(base64) }
  })

const schema = z.object({
  ...serviceVariables,
  REDIS_URL: z.url(),
  REDIS_PREFIX: z.string().default(''),
  IDENTITY_GRPC: z.string().default('identity:4000'),
  WALK_GRPC: z.string().default('walk:4000'),
  /** Seals remembered places. */
  PLACES_KEY: key,
  /** Further keys that open what was sealed before, by commas. */
  PLACES_OTHER_KEYS: z
    .string()
    .default('')
    .transform(text => text.split(',').filter(Boolean))
    .pipe(z.array(key)),
  /** Address density (`cells.bin`); without it cells are 800 m wide. */
  CELLS_FILE: z.string().optional(),
  /** How soon the shards of an instance that died pass on. */
  LEASE_TTL_MS: z.coerce.number().int().min(1_000).default(5_000),
})

export type LocationConfig = ReturnType<typeof loadConfig>

/** @throws ConfigError naming every variable that is wrong */
export const loadConfig = (env: Readonly<Record<string, string | undefined>>) =>
  load(schema, env, values => ({
    ...serviceConfig('location', values),
    redis: { url: values.REDIS_URL, keyPrefix: values.REDIS_PREFIX },
    peers: { identity: values.IDENTITY_GRPC, walk: values.WALK_GRPC },
    placesKeys: [values.PLACES_KEY, ...values.PLACES_OTHER_KEYS] as const,
    cellsFile: values.CELLS_FILE,
    leaseTtlMs: values.LEASE_TTL_MS,
  }))
