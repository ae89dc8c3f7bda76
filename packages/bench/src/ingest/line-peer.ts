import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { Kafka, logLevel } from 'kafkajs'
import { createClient } from 'redis'

// The straightforward way: each frame is one position, one GEOADD and one Kafka send, and is answered after both.
// Its frames are lines over TCP, which cost less than a socket's.
const { redisUrl, brokers, topic } = JSON.parse(process.argv[2]!) as {
  redisUrl: string
  brokers: string
  topic: string
}
const redis = await createClient({ url: redisUrl }).connect()
const producer = new Kafka({
  brokers: brokers.split(','),
  clientId: 'bench-peer',
  logLevel: logLevel.NOTHING,
}).producer()
await producer.connect()

const server = createServer(socket => {
  let writing = Promise.resolve()
  createInterface({ input: socket }).on('line', line => {
    const { userId, lat, lng } = JSON.parse(line) as { userId: string; lat: number; lng: number }
    const done = Promise.all([
      redis.geoAdd('walking-buddy:bench:positions', { member: userId, latitude: lat, longitude: lng }),
      producer.send({ topic, messages: [{ key: userId, value: line }] }),
    ])
    writing = writing.then(async () => {
      await done
      socket.write('ok\n')
    })
  })
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`)
})
