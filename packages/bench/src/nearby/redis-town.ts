import { createClient } from 'redis'
import { type Inhabitant, listLength, radiusMeters } from './town.ts'

export type RedisClient = Awaited<ReturnType<typeof connectRedis>>

/** The ordinary client, as a service would use it. */
export async function connectRedis(url: string) {
  const client = createClient({ url })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Fills a geo set with the same centres of cells that the index has. */
export async function fillRedis(
  client: RedisClient,
  key: string,
  inhabitants: Iterable<Inhabitant>,
): Promise<void> {
  await client.del(key)
  let batch: { longitude: number; latitude: number; member: string }[] = []
  for (const { lat, lng, userId } of inhabitants) {
    batch.push({ longitude: lng, latitude: lat, member: userId })
    if (batch.length < 5_000) continue
    await client.geoAdd(key, batch)
    batch = []
  }
  if (batch.length > 0) await client.geoAdd(key, batch)
}

/** The nearest around a member, with distances; neither filters nor a ranking of its own. */
export const geoSearch = (client: RedisClient, key: string, member: string) =>
  client.geoSearchWith(key, member, { radius: radiusMeters, unit: 'm' }, ['WITHDIST'], {
    SORT: 'ASC',
    COUNT: listLength,
  })

/** Its process, where it runs on this machine. */
export const redisPidOf = async (client: RedisClient): Promise<number> =>
  Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1])
