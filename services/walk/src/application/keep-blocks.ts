import type { CallOffForbidden } from './call-off-forbidden.ts'
import type { Blocks } from './ports.ts'

/** Everyone whom a user blocks at that version: open walks between them end. */
export const keepBlocks =
  (deps: { blocks: Blocks; callOffForbidden: CallOffForbidden }) =>
  async (userId: string, version: number, blockedIds: readonly string[]): Promise<void> => {
    await deps.blocks.keep(userId, version, blockedIds)
    await deps.callOffForbidden(userId, blockedIds)
  }
