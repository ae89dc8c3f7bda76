import type { Person } from '../domain/person.ts'
import type { CallOffForbidden } from './call-off-forbidden.ts'
import type { Blocks, People } from './ports.ts'

/** What identity tells of an account: its name, and whether it is suspended, which ends its open walks. */
export const keepPerson =
  (deps: { people: People; callOffForbidden: CallOffForbidden }) =>
  async (person: Person, suspended: boolean): Promise<void> => {
    await deps.people.keep([person])
    if (suspended) await deps.callOffForbidden(person.userId)
  }

/** An account is erased: nothing of it is kept here but the walks, without a name. */
export const forgetPerson =
  (deps: { people: People; blocks: Blocks; callOffForbidden: CallOffForbidden }) =>
  async (userId: string): Promise<void> => {
    await deps.people.forget(userId)
    await deps.blocks.forget(userId)
    await deps.callOffForbidden(userId)
  }
