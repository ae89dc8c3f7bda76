import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { Walkers } from '../domain/walkers.ts'
import type { Accounts } from './ports.ts'

const batch = 500
const maxBackoffMs = 5_000

/**
 * Asks identity for the accounts of people who are published but not known, many at a time, until it answers.
 * Begins with `ready`: while topics are read from their beginning most accounts are still on their way.
 */
export function accountCompletion(deps: {
  walkers: Walkers
  accounts: Accounts
  ready: Promise<void>
  clock: Clock
  log: Logger
  random?: () => number
}): Part<void> {
  const { walkers, accounts, ready, clock, log, random = Math.random } = deps
  return async () => {
    const stopping = new AbortController()
    const missing = new Set<number>()
    let wake = Promise.withResolvers<void>()
    walkers.listen({
      accountMissing: person => {
        missing.add(person)
        wake.resolve()
      },
    })
    stopping.signal.addEventListener('abort', () => wake.resolve())

    const askForSome = async (): Promise<void> => {
      const people = [...missing].filter(person => !walkers.isKnown(person)).slice(0, batch)
      if (people.length > 0)
        for (const account of await accounts.byIds(people.map(person => walkers.idOf(person))))
          walkers.learnAccount(account)
      for (const person of people) missing.delete(person)
      for (const person of [...missing]) if (walkers.isKnown(person)) missing.delete(person)
    }

    const run = async (): Promise<void> => {
      await Promise.race([ready, wakeOf(stopping.signal)])
      for (let failures = 0; !stopping.signal.aborted; ) {
        wake = Promise.withResolvers()
        if (missing.size === 0) await wake.promise
        try {
          await askForSome()
          failures = 0
        } catch (error) {
          failures += 1
          log.warn({ err: error, missing: missing.size }, 'accounts of published people could not be had')
          await clock.delay(random() * Math.min(maxBackoffMs, 100 * 2 ** failures), stopping.signal)
        }
      }
    }
    const running = run()
    return {
      value: undefined,
      stop: async () => {
        stopping.abort()
        await running
      },
    }
  }
}

const wakeOf = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
