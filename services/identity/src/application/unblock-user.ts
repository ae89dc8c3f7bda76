import { withoutBlocked } from '../domain/block-list.ts'
import { present } from './get-own-account.ts'
import type { Transact } from './ports.ts'

/** Takes a block back; where there is none, nothing changes. */
export function unblockUser(needs: {
  transact: Transact
}): (blockerId: string, blockedId: string) => Promise<void> {
  return (blockerId, blockedId) =>
    needs.transact(async unit => {
      const list = present(await unit.blocks.lock(blockerId))
      const next = withoutBlocked(list, blockedId)
      if (next === list) return
      await unit.blocks.remove(next, blockedId)
      await unit.announce({ kind: 'blocks-changed', list: next })
      await unit.revoke({ kind: 'pair-unblocked', blockerId, blockedId })
    })
}
