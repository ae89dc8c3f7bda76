import { randomUUID } from 'node:crypto'
import { type TopicName, topicCodecs } from '@walking-buddy/contracts/topics'
import { engineStatus } from '@walking-buddy/engines'
import { Command } from 'commander'
import { Kafka, logLevel } from 'kafkajs'
import { loadConfig } from '../config.ts'

export const topics = () =>
  new Command('topics')
    .description('what the services tell each other')
    .addCommand(
      new Command('list').description('all topics, with the message that each carries').action(() => {
        for (const [topic, codec] of Object.entries(topicCodecs))
          process.stdout.write(`${topic.padEnd(26)} ${codec.message}\n`)
      }),
    )
    .addCommand(
      new Command('tail')
        .description('print events as they come, decoded, one JSON object a line')
        .argument('<topic>', 'its name, or `all`')
        .option('--from-beginning', 'all that is kept, then what comes')
        .option('--brokers <list>', 'host:port,host:port; default: those of the mesh on this machine')
        .action(tail),
    )

async function tail(topic: string, options: { fromBeginning?: true; brokers?: string }): Promise<void> {
  const wanted = topic === 'all' ? (Object.keys(topicCodecs) as TopicName[]) : [topic as TopicName]
  for (const name of wanted)
    if (!(name in topicCodecs)) throw new Error(`There is no topic ${name}; \`mesh topics list\` names them.`)
  const brokers =
    options.brokers ??
    (await engineStatus(loadConfig().dataDir)).engines.find(engine => engine.engine === 'kafka')?.url
  if (brokers === undefined)
    throw new Error('No mesh runs on this machine: start it, or name brokers by --brokers.')

  const consumer = new Kafka({
    brokers: brokers.split(','),
    clientId: 'mesh',
    logLevel: logLevel.NOTHING,
  }).consumer({ groupId: `mesh-tail-${randomUUID()}`, sessionTimeout: 6_000, rebalanceTimeout: 10_000 })
  await consumer.connect()
  await consumer.subscribe({ topics: wanted, fromBeginning: options.fromBeginning ?? false })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic: from, partition, message }) => {
      const header = (name: string) => message.headers?.[name]?.toString()
      const data = message.value === null ? null : topicCodecs[from as TopicName].decode(message.value)
      const event = {
        topic: from,
        partition,
        offset: message.offset,
        key: message.key?.toString(),
        id: header('ce_id'),
        type: header('ce_type'),
        time: header('ce_time'),
        data,
      }
      process.stdout.write(
        `${JSON.stringify(event, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}\n`,
      )
    },
  })
  await new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    process.stdout.once('error', () => resolve())
  })
  await consumer.disconnect()
}
