import { withBlocked } from '../domain/block-list.ts'
import { present } from './get-own-account.ts'
import type { Clock, Transact } from './ports.ts'

/**
 * Neither sees anything more of the other, within a second. Any id may be blocked, so that nothing tells which ids
 * there are; a repeat changes nothing.
 * @throws AppError invalid `self-block`; precondition `block-limit-reached`
 */
export function blockUser(needs: {
  transact: Transact
  clock: Clock
}): (blockerId: string, blockedId: string) => Promise<void> {
  return (blockerId, blockedId) =>
    needs.transact(async unit => {
      const list = present(await unit.blocks.lock(blockerId))
      const next = withBlocked(list, blockedId)
      if (next === list) return
      await unit.blocks.add(next, blockedId, new Date(needs.clock.now()))
      await unit.announce({ kind: 'blocks-changed', list: next })
      await unit.revoke({ kind: 'pair-blocked', blockerId, blockedId })
    })
}
