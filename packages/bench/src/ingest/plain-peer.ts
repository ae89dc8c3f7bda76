import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { Kafka, logLevel } from 'kafkajs'
import { createClient } from 'redis'

/**
 * What one would write first: each position comes in a frame of its own, is put into Redis by GEOADD and sent to
 * Kafka, and then the phone is told. Frames are lines over TCP, which cost less than those of a web socket.
 */
const { redisUrl, brokers, key, topic } = JSON.parse(process.argv[2]!) as {
  redisUrl: string
  brokers: string[]
  key: string
  topic: string
}

const redis = createClient({ url: redisUrl })
redis.on('error', () => {})
await redis.connect()
const producer = new Kafka({ brokers, clientId: 'plain-peer', logLevel: logLevel.NOTHING }).producer({
  allowAutoTopicCreation: false,
})
await producer.connect()

async function take(frame: string): Promise<void> {
  const { userId, lat, lng } = JSON.parse(frame)
  await redis.geoAdd(key, { member: userId, latitude: lat, longitude: lng })
  await producer.send({ topic, messages: [{ key: userId, value: frame }] })
}

function serve(socket: Socket): void {
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  createInterface({ input: socket }).on('line', frame => {
    take(frame).then(
      () => socket.write('ok\n'),
      () => socket.write('failed\n'),
    )
  })
}

const server = createServer(serve).listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }))
})
process.once('SIGTERM', () => process.exit(0))
