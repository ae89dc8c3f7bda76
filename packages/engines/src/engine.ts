/** The four engines, in the order in which they are named everywhere. */
export const ENGINE_NAMES = ['postgres', 'redis', 'kafka', 'mongo'] as const

/** One of the engines that the mesh stands on. */
export type EngineName = (typeof ENGINE_NAMES)[number]

/** Where an engine comes from: a URL in the environment, a Docker image, or a process of this machine. */
export type EngineSource = 'environment' | 'docker' | 'local'

/** Where each engine is reached. `kafka` is a bootstrap list (`host:port,host:port`), the others are URLs. */
export type EngineUrls = Readonly<Record<EngineName, string>>

/** What each engine is called in messages to people. */
export const ENGINE_TITLES: Readonly<Record<EngineName, string>> = {
  postgres: 'PostgreSQL',
  redis: 'Redis',
  kafka: 'Kafka',
  mongo: 'MongoDB',
}

/** An engine that was launched and has not ended as far as we know. */
export interface RunningEngine {
  /** Settles with the reason once the engine has ended, whatever ended it. */
  readonly ended: Promise<string>
  /** Whether it is the one that listens at its URL: another program may have been faster. */
  isListening(): boolean
  /** Ends it gently, then firmly. Resolves when it is gone; calling it again is harmless. */
  stop(): Promise<void>
}

/** One way of running one engine. */
export interface EngineRuntime {
  readonly engine: EngineName
  readonly source: EngineSource
  readonly url: string
  /** Repairs what a crash left, then launches. Resolves when the engine exists, which is before it is ready. */
  launch(): Promise<RunningEngine>
  /** The last lines that the engine logged, for the message that tells of its failure. */
  lastWords(): string
}
