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

/** Real engines: from POSTGRES_URL, REDIS_URL, KAFKA_BROKERS and MONGO_URL where they are set, else started here. */
export async function engineUrls(say: (line: string) => void): Promise<EngineUrls> {
  const engines = await startEngines({ dataDir, ports, onEvent: ({ text }) => say(`  ${text}`) })
  const { postgres, redis, kafka } = engines.urls
  return { postgres, redis, kafka, stop: () => engines.stop() }
}
