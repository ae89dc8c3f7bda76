import type { identityOperations } from '@walking-buddy/contracts/rest'
import { etagOf, type Handlers, matches } from '@walking-buddy/http'
import type { Application } from '../../../application/index.ts'
import type { Clock } from '../../../application/ports.ts'
import { blockCursor, readBlockCursor } from './block-cursor.ts'
import { preferencesView, profileView, publicView } from './views.ts'

type UserOperations = Pick<
  typeof identityOperations,
  | 'getMe'
  | 'putMe'
  | 'getPreferences'
  | 'putPreferences'
  | 'getUser'
  | 'listBlocks'
  | 'blockUser'
  | 'unblockUser'
>

/** People: oneself, others, and those whom one blocks. Profile and preferences share the version of the account. */
export function userHandlers(app: Application, { clock }: { clock: Clock }): Handlers<UserOperations> {
  const now = () => new Date(clock.now())
  const expecting = (ifMatch: string | undefined) => (version: number) => matches(ifMatch, version)

  return {
    async getMe(_input, { caller }) {
      const account = await app.getOwnAccount(caller.userId)
      return { status: 200, body: profileView(account, now()), headers: { etag: etagOf(account.version) } }
    },
    async putMe({ body }, { caller, ifMatch }) {
      const account = await app.changeProfile(caller.userId, body, expecting(ifMatch))
      return { status: 200, body: profileView(account, now()), headers: { etag: etagOf(account.version) } }
    },
    async getPreferences(_input, { caller }) {
      const { preferences, version } = await app.getOwnAccount(caller.userId)
      return { status: 200, body: preferencesView(preferences), headers: { etag: etagOf(version) } }
    },
    async putPreferences({ body }, { caller, ifMatch }) {
      const { preferences, version } = await app.changePreferences(caller.userId, body, expecting(ifMatch))
      return { status: 200, body: preferencesView(preferences), headers: { etag: etagOf(version) } }
    },
    async getUser({ params }, { caller }) {
      return { status: 200, body: publicView(await app.viewUser(caller.userId, params.id), now()) }
    },
    async listBlocks({ query: { limit, cursor } }, { caller }) {
      const entries = await app.listOwnBlocks(caller.userId, limit + 1, readBlockCursor(cursor))
      const items = entries.slice(0, limit)
      return {
        status: 200,
        body: {
          items: items.map(entry => ({ ...entry, blockedAt: entry.blockedAt.toISOString() })),
          nextCursor: entries.length > limit ? blockCursor(items.at(-1)!) : null,
        },
      }
    },
    async blockUser({ params }, { caller }) {
      await app.blockUser(caller.userId, params.id)
      return { status: 204 }
    },
    async unblockUser({ params }, { caller }) {
      await app.unblockUser(caller.userId, params.id)
      return { status: 204 }
    },
  }
}
