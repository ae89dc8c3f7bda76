import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { Decider } from './decide-presences.ts'
import type { Intents, Presences, Shards } from './ports.ts'
import type { FindWhereabouts } from './whereabouts.ts'

/** How often this instance looks after its shards when nobody calls; ticks are late by no more. */
const everyMs = 1_000
const forgetEveryMs = 60_000

/**
 * Looks after the shards that this instance holds: acts on requests that others left (at once, when it hears of
 * them), on people whose own moment has come, and on positions that were awaited.
 */
export function keepShards(deps: {
  presences: Presences
  intents: Intents
  shards: Shards
  decider: Decider
  whereabouts: FindWhereabouts
  clock: Clock
  log: Logger
}): Part<void> {
  const { presences, intents, shards, decider, whereabouts, clock, log } = deps

  const publishAwaited = async (userIds: readonly string[]): Promise<void> => {
    decider.awaited(userIds)
    const where = await whereabouts(userIds)
    const seen = userIds.filter(userId => where.get(userId)?.kind === 'seen')
    await Promise.all(seen.map(userId => decider.request(userId, { kind: 'position', consent: null })))
  }

  const round = async (): Promise<void> => {
    const held = [...shards.held().keys()]
    if (held.length === 0) return
    const { withIntents, ticking, awaiting } = await presences.due(held, clock.now())
    await decider.actOnIntents(withIntents)
    await Promise.all(ticking.map(userId => decider.request(userId, { kind: 'tick' })))
    await publishAwaited(awaiting)
  }

  return async () => {
    const stopping = new AbortController()
    let failing = false
    let forgotAtMs = clock.monotonicMs()

    const forget = async (): Promise<void> => {
      if (clock.monotonicMs() - forgotAtMs < forgetEveryMs) return
      forgotAtMs = clock.monotonicMs()
      await intents.forgetOld([...shards.held().keys()])
    }

    const loop = (async () => {
      while (!stopping.signal.aborted) {
        const nap = new AbortController()
        const woken = intents.left(AbortSignal.any([stopping.signal, nap.signal])).then(() => nap.abort())
        try {
          await round()
          await forget()
          failing = false
        } catch (error) {
          if (!failing) log.warn({ err: error }, 'shards wait: the store does not answer')
          failing = true
          await clock.delay(everyMs, stopping.signal)
        }
        await clock.delay(everyMs, AbortSignal.any([stopping.signal, nap.signal]))
        nap.abort()
        await woken
      }
    })()

    return {
      value: undefined,
      stop: async () => {
        stopping.abort()
        await loop
      },
    }
  }
}
