import type { Part } from '@walking-buddy/service-kit'
import { type Db, MongoClient } from 'mongodb'

export interface MongoConfig {
  url: string
  database: string
}

/** It starts without a server being there; who uses it is told within a second that there is none. */
export function mongo(config: MongoConfig): Part<Db> {
  return async () => {
    const client = new MongoClient(config.url, {
      serverSelectionTimeoutMS: 1_000,
      connectTimeoutMS: 1_000,
      socketTimeoutMS: 5_000,
      maxPoolSize: 5,
      writeConcern: { w: 'majority', journal: true },
    })
    return { value: client.db(config.database), stop: () => client.close() }
  }
}
