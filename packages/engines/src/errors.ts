import { ENGINE_TITLES, type EngineName } from './engine.ts'

/** Something that a person can put right; the message says how. */
export class EngineError extends Error {
  override name = 'EngineError'
}

/** Another process holds this data directory. */
export class AlreadyRunningError extends EngineError {
  override name = 'AlreadyRunningError'
  readonly pid: number
  /** When the holder started. */
  readonly since: Date

  constructor(dataDir: string, pid: number, since: Date) {
    super(
      `already running as process ${pid} since ${since.toLocaleTimeString()}, with its data in ${dataDir}`,
    )
    this.pid = pid
    this.since = since
  }
}

/** A port that an engine was to listen on, and the variable that moves it. */
export interface TakenPort {
  readonly engine: EngineName
  readonly port: number
  readonly variable: string
}

/** One or more ports are in use by somebody else. */
export class PortTakenError extends EngineError {
  override name = 'PortTakenError'
  readonly taken: readonly TakenPort[]

  constructor(taken: readonly TakenPort[]) {
    super(
      taken
        .map(
          ({ engine, port, variable }) =>
            `${ENGINE_TITLES[engine]} cannot listen on port ${port}: another program does. Set ${variable} to a free port, or stop that program.`,
        )
        .join('\n'),
    )
    this.taken = taken
  }
}
