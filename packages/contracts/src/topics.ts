export * from './gen/topics.ts'
export type { TopicCodec, TopicSpec } from './topic-codec.ts'
