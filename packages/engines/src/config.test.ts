import { describe, expect, it } from 'vitest'
import { loadEngineConfig, portVariable } from './config.ts'

describe('loadEngineConfig', () => {
  it('moves a port by the variable that an error about that port would name', () => {
    for (const key of ['postgres', 'redis', 'kafka', 'kafkaController', 'mongo'] as const)
      expect(loadEngineConfig({ [portVariable(key)]: '4321' }).ports[key]).toBe(4321)
  })

  it('takes engines that the environment names, and treats an empty variable as unset', () => {
    const { urls } = loadEngineConfig({
      POSTGRES_URL: 'postgres://db/x',
      KAFKA_BROKERS: 'a:1,b:2',
      MONGO_URL: '',
    })
    expect(urls).toEqual({ postgres: 'postgres://db/x', kafka: 'a:1,b:2' })
  })

  it('names every faulty variable at once', () => {
    const load = () => loadEngineConfig({ REDIS_PORT: '70000', MONGO_URL: 'http://x', KAFKA_BROKERS: 'x' })
    for (const variable of ['REDIS_PORT', 'MONGO_URL', 'KAFKA_BROKERS']) expect(load).toThrow(variable)
  })
})
