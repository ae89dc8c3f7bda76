import type { EngineName, EngineSource } from './engine.ts'

/** What happens to engines, for whoever shows it. `text` is one line for people. */
export type EngineEvent =
  | { readonly kind: 'progress'; readonly text: string }
  | {
      readonly kind: 'ready'
      readonly engine: EngineName
      readonly source: EngineSource
      readonly url: string
      readonly tookMs: number
      readonly text: string
    }
  | {
      readonly kind: 'died'
      readonly engine: EngineName
      readonly reason: string
      readonly retryInMs: number
      readonly text: string
    }
  | {
      readonly kind: 'recovered'
      readonly engine: EngineName
      readonly downMs: number
      readonly text: string
    }

/** Receives events as they happen; it must not throw. */
export type Report = (event: EngineEvent) => void
