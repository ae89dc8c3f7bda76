import type { ConfigError } from '@walking-buddy/service-kit'
import { expect, test } from 'vitest'
import { loadConfig } from './config.ts'

const key = Buffer.alloc(32, 1).toString('base64')
const env = {
  POSTGRES_URL: 'postgres://127.0.0.1/location',
  KAFKA_BROKERS: 'a:9092,b:9092',
  SERVICE_TOKEN_SECRET: 'x'.repeat(32),
  REDIS_URL: 'redis://127.0.0.1',
  PLACES_KEY: `k2:${key}`,
}

test('the present key comes first, further ones open', () => {
  const config = loadConfig({ ...env, PLACES_OTHER_KEYS: `k1:${key},k0:${key}` })
  expect(config.placesKeys.map(({ id }) => id)).toEqual(['k2', 'k1', 'k0'])
  expect(JSON.stringify(config)).not.toContain(key)
})

test('every fault is named, no value is repeated', () => {
  try {
    loadConfig({ ...env, REDIS_URL: undefined, PLACES_KEY: 'k2:c2hvcnQ=' })
    expect.unreachable()
  } catch (error) {
    expect((error as ConfigError).faults.map(({ variable }) => variable).sort()).toEqual([
      'PLACES_KEY',
      'REDIS_URL',
    ])
    expect(String(error)).not.toContain('c2hvcnQ')
  }
})
