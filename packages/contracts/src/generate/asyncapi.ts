import { z } from 'zod'
import { clientEvents, durableEvents, latestEvents, sessionEvents } from '../socket/index.ts'
import type { TopicRow } from './topics.ts'

const schemaOf = (schema: z.ZodType) =>
  z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' })

/** AsyncAPI 3.0: the socket at the gateway, and the topics inside. */
export function asyncapiDocument(topics: readonly TopicRow[]): object {
  const received = { ...durableEnvelopes(), ...latestEvents, ...sessionEvents }
  const sent = Object.fromEntries(Object.entries(clientEvents).map(([name, event]) => [name, event.payload]))
  const message = (name: string, schema: z.ZodType) => ({ name, payload: schemaOf(schema) })
  return {
    asyncapi: '3.0.0',
    info: { title: 'Walking Buddy', version: '1', license: { name: 'Apache-2.0' } },
    servers: { gateway: { host: 'localhost:8000', protocol: 'socket.io', pathname: '/socket.io' } },
    channels: {
      socket: {
        address: '/socket.io',
        description: 'Socket.IO, websocket transport only. Every client event takes an acknowledgement.',
        messages: Object.fromEntries(
          [...Object.entries(sent), ...Object.entries(received)].map(([name, schema]) => [
            name.replace(':', '_'),
            message(name, schema),
          ]),
        ),
      },
      ...Object.fromEntries(
        topics.map(row => [
          row.topic,
          {
            address: row.topic,
            description: `Kafka. Value: protobuf ${row.message}; key: ${row.key}; owner: ${row.owner}; readers: ${row.readers.join(', ') || 'analysts'}; kept: ${row.keep === 'compacted' ? 'compacted' : `${row.keep} days`}.`,
            messages: {
              event: {
                name: row.message,
                contentType: 'application/protobuf',
                payload: {
                  type: 'object',
                  description: `See proto/${row.message.split('.').slice(0, 3).join('/')}/events.proto`,
                },
              },
            },
          },
        ]),
      ),
    },
    operations: {
      send: {
        action: 'receive',
        channel: { $ref: '#/channels/socket' },
        summary: 'From client to server',
        messages: Object.keys(sent).map(refOf),
      },
      receive: {
        action: 'send',
        channel: { $ref: '#/channels/socket' },
        summary: 'From server to client',
        messages: Object.keys(received).map(refOf),
      },
    },
  }
}

const refOf = (name: string) => ({ $ref: `#/channels/socket/messages/${name.replace(':', '_')}` })

const durableEnvelopes = () =>
  Object.fromEntries(
    Object.entries(durableEvents).map(([name, data]) => [
      name,
      z.object({ seq: z.int(), id: z.string(), at: z.string(), data: data.nullable() }),
    ]),
  )
