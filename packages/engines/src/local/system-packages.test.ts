import { expect, it } from 'vitest'
import { missingSoftwareMessage, type SystemPackage } from './system-packages.ts'

const jdk = { software: 'a JDK', apt: ['openjdk-17-jdk-headless'], brew: 'openjdk' } as const
const packages: SystemPackage[] = [
  { ...jdk, engine: 'kafka' },
  { ...jdk, engine: 'mongo' },
  { software: 'Redis', apt: ['redis-server'], brew: 'redis', engine: 'redis' },
]

it('says once what is missing, the command that installs it, and how to do without', () => {
  expect(missingSoftwareMessage(packages, 'brew install openjdk redis')).toBe(`Missing on this machine:
  a JDK
  Redis
Install it:
  brew install openjdk redis
or start Docker, or name running servers in KAFKA_BROKERS, MONGO_URL, REDIS_URL.`)
})

it('does not invent a command for a system that it does not know', () => {
  expect(missingSoftwareMessage(packages, undefined)).toContain('Install it with your package manager')
})
