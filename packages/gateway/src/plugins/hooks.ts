import type { Answer, Exchange, Outcome, ResponseHead } from '../exchange.ts'

/** What a plugin does in each phase. Phases run in order of priority, the highest first. */
export interface Hooks {
  /** An answer ends the phase: nothing of lower priority runs, and no service is called. */
  access?(exchange: Exchange): Answer | undefined | Promise<Answer | undefined>
  headerFilter?(exchange: Exchange, head: ResponseHead): void
  /** Only for answers of the gateway's own; those of services are streamed. */
  bodyFilter?(exchange: Exchange, body: string): string
  log?(exchange: Exchange, outcome: Outcome): void
}
