import { notFound } from '@walking-buddy/errors'
import type { Clock, Identifiers } from '@walking-buddy/service-kit'
import {
  acquaintedSince,
  canBeAsked,
  checkLimits,
  checkProposal,
  type Proposal,
  request,
} from '../domain/asking.ts'
import type { CallOffForbidden } from './call-off-forbidden.ts'
import { commitTransitions, overdue } from './commit-transitions.ts'
import type { Blocks, Identity, Nearby, Transactions, Walks } from './ports.ts'
import { type NamesOf, viewOf, type WalkView } from './view.ts'

export interface RequestWalkInput {
  userId: string
  partnerId: string
  message: string | null
  meetAt: Date | null
  meetingPoint: Proposal['meetingPoint']
  idempotencyKey: string | undefined
}

/** Unknown, blocked, hidden, filtered, far: nobody learns which. */
const notAvailable = () => notFound('not-available', 'This person cannot be asked for a walk.')

/**
 * Asks somebody for a walk. Everything that tells one unavailable person from another is asked of its owner, always
 * and at once, so that the answer is the same for all of them, in time too; what the asker knows anyway (their own
 * limits, an open request, a decline) is told first.
 * @throws AppError not-found `not-available`; unavailable while identity or matching does not answer
 */
export const requestWalk =
  (deps: {
    walks: Walks
    transactions: Transactions
    identity: Identity
    nearby: Nearby
    blocks: Blocks
    namesOf: NamesOf
    callOffForbidden: CallOffForbidden
    clock: Clock
    identifiers: Identifiers
  }) =>
  async ({ userId, idempotencyKey, ...asked }: RequestWalkInput): Promise<WalkView> => {
    const command = { userId, operation: 'requestWalk', key: idempotencyKey, body: asked }
    const told = await deps.transactions.recall(command)
    if (told) return told

    const now = new Date(deps.clock.now())
    const proposal = { initiatorId: userId, ...asked }
    checkProposal(proposal, now)
    const { partnerId, meetAt } = asked
    const [listed, allowed, acquainted] = await Promise.all([
      deps.nearby.isListed(userId, partnerId),
      deps.identity.mayMeet(userId, partnerId),
      deps.walks.haveWalked(userId, partnerId, acquaintedSince(now)),
    ])
    const available = canBeAsked({ listed, allowed, acquainted }, meetAt, now)
    const names = await (available ? deps.namesOf([userId, partnerId]) : new Map())

    const view = await deps.transactions.once(command, async tx => {
      await tx.lockPeople([userId])
      for (const walk of await tx.lockOverdueBetween(userId, partnerId, now))
        await commitTransitions(tx, walk, overdue(walk, now), now)
      checkLimits(await tx.askingHistory(userId, partnerId, now), now)
      if (!available) throw notAvailable()
      const walk = await tx.commit(request(deps.identifiers.uuid(now.getTime()), proposal, now))
      return viewOf(walk, names, now)
    })
    // A block that came between the question and the commit found no request to end.
    if (deps.blocks.wasJustBlocked(userId, partnerId)) await deps.callOffForbidden(userId, [partnerId])
    return view
  }
