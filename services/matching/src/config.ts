import { loadConfig as load, serviceConfig, serviceVariables } from '@walking-buddy/service-kit'
import { z } from 'zod'

const address = (fallback: string) =>
  z
    .string()
    .regex(/^\S+:\d{1,5}$/, 'must be host:port')
    .default(fallback)

const variables = {
  ...serviceVariables,
  IDENTITY_GRPC: address('identity:4000'),
  LOCATION_GRPC: address('location:4000'),
}

/** @throws ConfigError naming every variable that is wrong */
export const loadConfig = (env: Readonly<Record<string, string | undefined>>) =>
  load(z.object(variables), env, values => ({
    ...serviceConfig('matching', values),
    peers: { identity: values.IDENTITY_GRPC, location: values.LOCATION_GRPC },
  }))

export type Config = ReturnType<typeof loadConfig>
