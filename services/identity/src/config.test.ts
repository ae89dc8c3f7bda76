import { ConfigError } from '@walking-buddy/service-kit'
import { describe, expect, test } from 'vitest'
import { loadConfig } from './config.ts'

const minimal = {
  POSTGRES_URL: 'postgres://localhost/identity',
  KAFKA_BROKERS: 'localhost:9092',
  SERVICE_TOKEN_SECRET: 's'.repeat(32),
  IDENTITY_SECRET: 'i'.repeat(32),
  IDENTITY_SIGNING_KEYS_FILE: '/keys.json',
}

const faultsOf = (env: Record<string, string | undefined>): string[] => {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(fault => fault.variable)
  }
  return []
}

describe('configuration', () => {
  test('has the parameters that OWASP recommends, and keeps its secrets to itself', () => {
    const config = loadConfig(minimal)
    expect(config.passwords.cost).toEqual({ memoryKib: 19_456, passes: 2, lanes: 1 })
    expect(config.signing.accessLifetimeSeconds).toBe(600)
    expect(config.allowedOrigins).toEqual([])
    expect(JSON.stringify(config)).not.toMatch(/i{32}|s{32}/)
  })

  test('names every fault at once', () => {
    const broken = {
      ...minimal,
      IDENTITY_SECRET: 'short',
      IDENTITY_SIGNING_KEYS_FILE: undefined,
      ACCESS_TOKEN_SECONDS: '601',
      TOKEN_AUDIENCE: 'safety',
      ALLOWED_ORIGINS: 'https://a.example/path',
      CLIENT_SWITCHES: '{',
    }
    expect(faultsOf(broken).sort()).toEqual([
      'ACCESS_TOKEN_SECONDS',
      'ALLOWED_ORIGINS.0',
      'CLIENT_SWITCHES',
      'IDENTITY_SECRET',
      'IDENTITY_SIGNING_KEYS_FILE',
      'TOKEN_AUDIENCE',
    ])
  })

  test('takes origins, settings of clients and a former secret', () => {
    const config = loadConfig({
      ...minimal,
      ALLOWED_ORIGINS: 'https://a.example,http://localhost:5173',
      CLIENT_SWITCHES: '{"walkNow":true}',
      IDENTITY_PREVIOUS_SECRET: 'p'.repeat(32),
    })
    expect(config.allowedOrigins).toEqual(['https://a.example', 'http://localhost:5173'])
    expect(config.client.switches).toEqual({ walkNow: true })
    expect(config.secrets).toHaveLength(2)
  })
})
