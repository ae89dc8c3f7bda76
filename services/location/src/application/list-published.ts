import { invalid } from '@walking-buddy/errors'
import type { Presences, Published } from './ports.ts'

/** Everyone who is visible, in pages of one consistent snapshot. */
export type ListPublished = (page: (presences: readonly Published[]) => Promise<void>) => Promise<void>
/** What is published of some people. @throws AppError invalid for more than 500 */
export type GetPublished = (userIds: readonly string[]) => Promise<readonly Published[]>

const mostAtOnce = 500

export const listPublished =
  (presences: Presences): ListPublished =>
  page =>
    presences.eachPublished(page)

export const getPublished =
  (presences: Presences): GetPublished =>
  async userIds => {
    if (userIds.length > mostAtOnce) throw invalid('too-many', `At most ${mostAtOnce} people at once.`)
    return presences.published(userIds)
  }
