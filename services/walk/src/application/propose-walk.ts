import { conflict } from '@walking-buddy/errors'
import type { Clock, Identifiers } from '@walking-buddy/service-kit'
import { propose } from '../domain/asking.ts'
import { busy, clashes } from '../domain/engagement.ts'
import type { Walk } from '../domain/walk.ts'
import type { CallOffForbidden } from './call-off-forbidden.ts'
import type { Blocks, Transactions } from './ports.ts'

export interface ProposeWalkInput {
  matchId: string
  initiatorId: string
  partnerId: string
  expiresAt: Date | null
}

/**
 * A match that neither person has accepted yet; the same match again gives the walk that it became.
 * @throws AppError conflict `in-open-match`, `busy`, `not-available` (a block between the two)
 */
export const proposeWalk =
  (deps: {
    transactions: Transactions
    blocks: Blocks
    callOffForbidden: CallOffForbidden
    clock: Clock
    identifiers: Identifiers
  }) =>
  async (match: ProposeWalkInput): Promise<Walk> => {
    const { initiatorId, partnerId } = match
    const blocked = initiatorId === partnerId || (await deps.blocks.isBlocked(initiatorId, partnerId))
    const now = new Date(deps.clock.now())
    const walk = await deps.transactions.run(async tx => {
      await tx.lockPeople([initiatorId, partnerId])
      const existing = await tx.matched(match.matchId)
      if (existing) return existing
      if (blocked) throw conflict('not-available', 'These two cannot be matched.')
      if ((await tx.openMatchesOf([initiatorId, partnerId], now)).length > 0)
        throw conflict('in-open-match', 'One of the two is in another open match.')
      for (const personId of [initiatorId, partnerId])
        if (clashes(await tx.underWayOf(personId), null, now)) throw busy()
      return tx.commit(propose(deps.identifiers.uuid(now.getTime()), match, now))
    })
    if (deps.blocks.wasJustBlocked(initiatorId, partnerId))
      await deps.callOffForbidden(initiatorId, [partnerId])
    return walk
  }
