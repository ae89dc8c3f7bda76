import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import { dayOf } from '../domain/areas.ts'
import type { Walkers } from '../domain/walkers.ts'
import type { Accounts, AreaLedger } from './ports.ts'

const everyMs = 60_000
/** The watch repeats this much of the past after a reconnection. */
const watchMemoryMs = 15 * 60_000

/**
 * What has to be done now and then: what the watch of revocations told long ago is settled with the record, or with
 * its owner where the record lags or an end was missed; yesterday's areas are dropped.
 */
export function houseKeeping(deps: {
  walkers: Walkers
  accounts: Accounts
  ledger: AreaLedger
  clock: Clock
  log: Logger
}): Part<void> {
  const { ledger, clock, log } = deps
  return async () => {
    const stopping = new AbortController()
    let keptDay = ''

    const dropOldAreas = async (): Promise<void> => {
      const day = dayOf(clock.now())
      if (day === keptDay) return
      await ledger.forgetBefore(day)
      keptDay = day
    }

    const run = async (): Promise<void> => {
      while (!stopping.signal.aborted) {
        for (const task of [dropOldAreas, () => settleRevocations(deps)])
          await task().catch(error => log.warn({ err: error }, 'house keeping has to wait'))
        await clock.delay(everyMs, stopping.signal)
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

/** Exported for its test. */
export async function settleRevocations(deps: {
  walkers: Walkers
  accounts: Accounts
  clock: Clock
}): Promise<void> {
  const { walkers, accounts, clock } = deps
  const now = clock.now()
  for (const { userId, otherId, onRecord } of [...walkers.toldApartBefore(now - watchMemoryMs)]) {
    const apart = onRecord || (await accounts.apartFrom(userId)).includes(otherId)
    // What is not on record here yet is looked at again after another while.
    walkers.keepApartNow(userId, otherId, apart && !onRecord, now)
  }
  const suspended = walkers.suspendedBefore(now - watchMemoryMs)
  if (suspended.length === 0) return
  const known = await accounts.byIds(suspended.slice(0, 500))
  for (const account of known) walkers.learnAccount(account)
  for (const { userId } of known) walkers.suspendNow(userId, false, now)
}
