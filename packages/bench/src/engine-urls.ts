import { fileURLToPath } from 'node:url'
import { startEngines } from '@walking-buddy/engines'

export interface EngineUrls {
  postgres: string
  redis: string
  kafka: string
  stop(): Promise<void>
}

const dataDir = fileURLToPath(new URL('../../../.data/bench', import.meta.url))
/** Beside those of `npm start`, which may be running. */
const ports = { postgres: 35_432, redis: 36_379, kafka: 39_092, kafkaController: 39_093, mongo: 37_017 }

/** Real engines: from POSTGRES_URL, REDIS_URL and KAFKA_BROKERS where all three are set, else started here. */
export async function engineUrls(say: (line: string) => void): Promise<EngineUrls> {
  const { POSTGRES_URL: postgres, REDIS_URL: redis, KAFKA_BROKERS: kafka } = process.env
  if (postgres && redis && kafka) return { postgres, redis, kafka, stop: async () => {} }
  const engines = await startEngines({ dataDir, ports, onEvent: ({ text }) => say(`  ${text}`) })
  return { ...engines.urls, stop: () => engines.stop() }
}
