import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import type { TopicSpec } from '../topic-codec.ts'
import { protoFolder } from './output.ts'

const topicRow = z.strictObject({
  message: z.string().regex(/^walkingbuddy\.\w+\.v\d+\.\w+$/),
  key: z.string().regex(/^[a-z_.]+$/),
  owner: z.string(),
  readers: z.array(z.string()),
  personal: z.array(z.string()),
  partitions: z.int().positive(),
  keep: z.union([z.literal('compacted'), z.int().min(1).max(30)]),
})

export type TopicRow = z.infer<typeof topicRow> & { topic: string }

/** The rows of proto/topics.yaml. */
export function readTopics(): TopicRow[] {
  const rows = z
    .record(z.string().regex(/^[a-z_]+\.[a-z_]+$/), topicRow)
    .parse(parse(readFileSync(join(protoFolder, 'topics.yaml'), 'utf8'), { merge: true }))
  return Object.entries(rows).map(([topic, row]) => ({ topic, ...row }))
}

const hourMs = 3_600_000

/** Broker settings of a topic and of its DLQ (`max.compaction.lag.ms` 12 h, so that a tombstone takes effect). */
export function specsOf(row: TopicRow): TopicSpec[] {
  return [
    {
      name: row.topic,
      partitions: row.partitions,
      config:
        row.keep === 'compacted'
          ? {
              'cleanup.policy': 'compact',
              'max.compaction.lag.ms': `${12 * hourMs}`,
              'delete.retention.ms': `${24 * hourMs}`,
            }
          : { 'cleanup.policy': 'delete', 'retention.ms': `${row.keep * 24 * hourMs}` },
    },
    {
      name: `${row.topic}.dlq`,
      partitions: 1,
      config: { 'cleanup.policy': 'delete', 'retention.ms': `${24 * hourMs}` },
    },
  ]
}

const camel = (name: string) => name.replace(/[._]([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** `src/gen/topics.ts`: one codec a topic, and the broker settings of all. */
export function generateTopics(rows: readonly TopicRow[]): string {
  const imports = new Map<string, Set<string>>()
  for (const row of rows) {
    const [message, ...path] = row.message.split('.').reverse() as [string, ...string[]]
    const module = `./${path.reverse().join('/')}/events.ts`
    imports.set(module, (imports.get(module) ?? new Set()).add(message))
  }
  const keyOf = (path: string) => `value.${path.split('.').map(camel).join('?.')} ?? ''`
  return [
    "import type { TopicCodec, TopicSpec } from '../topic-codec.ts'",
    ...[...imports].map(([module, names]) => `import { ${[...names].sort().join(', ')} } from '${module}'`),
    '',
    ...rows.map(row => {
      const message = row.message.split('.').at(-1)
      return `export const ${camel(row.topic)}: TopicCodec<${message}> = {\n  topic: '${row.topic}',\n  dlq: '${row.topic}.dlq',\n  message: '${row.message}',\n  encode: value => ${message}.encode(value).finish(),\n  decode: bytes => ${message}.decode(bytes),\n  key: value => ${keyOf(row.key)},\n}\n`
    }),
    `export const topicCodecs = { ${rows.map(row => `'${row.topic}': ${camel(row.topic)}`).join(', ')} } as const`,
    `export type TopicName = keyof typeof topicCodecs`,
    `export const topicSpecs: readonly TopicSpec[] = ${JSON.stringify(rows.flatMap(specsOf), null, 2)}`,
    '',
  ].join('\n')
}
