import type { Revocations } from '@walking-buddy/access'
import type { Blocks } from '../../../application/ports.ts'
import type { BlockTable } from '../postgres/postgres-blocks.ts'
import { answered } from './answered.ts'

/** Blocks by identity's watch over the read model; identity itself while the watch is not fresh. */
export const watchedBlocks = (revocations: Revocations, table: BlockTable): Blocks => ({
  isBlocked: (userId, otherId) => answered(revocations.isBlocked(userId, otherId, table.says)),
  wasJustBlocked: (userId, otherId) => revocations.recentlyBlocked(userId, otherId) ?? false,
  keep: table.keep,
  forget: table.forget,
})
