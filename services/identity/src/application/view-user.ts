import { notFound, unavailable } from '@walking-buddy/errors'
import type { Account } from '../domain/account.ts'
import type { Accounts, Acquaintance, Blocks } from './ports.ts'

/**
 * Someone as they show themselves to people who have something in common with them: a place on the nearby list, an
 * open request, a walk or a conversation. Everyone else (unknown, suspended, blocked, far) is one and the same
 * refusal; all is asked always, so that it also takes the same time.
 *
 * @throws AppError not-found `not-available`; unavailable where nobody says yes and not everyone could be asked
 */
export function viewUser(needs: {
  accounts: Pick<Accounts, 'find'>
  blocks: Pick<Blocks, 'isBetween'>
  acquaintances: readonly Acquaintance[]
}): (viewerId: string, subjectId: string) => Promise<Account> {
  const { accounts, blocks, acquaintances } = needs

  return async (viewerId, subjectId) => {
    const [subject, blocked, ...answers] = await Promise.all([
      accounts.find(subjectId),
      blocks.isBetween(viewerId, subjectId),
      ...acquaintances.map(ask => ask(viewerId, subjectId).catch((error: unknown) => ({ error }))),
    ])
    if (viewerId === subjectId && subject) return subject
    if (!answers.includes(true)) {
      const silent = answers.find(answer => typeof answer === 'object')
      if (silent)
        throw unavailable('unavailable', 'This cannot be answered right now.', {
          retryAfterSeconds: 1,
          cause: silent.error,
        })
      throw notAvailable()
    }
    if (!subject || subject.suspendedAt || blocked) throw notAvailable()
    return subject
  }
}

const notAvailable = () => notFound('not-available', 'There is no such person, or not for you.')
