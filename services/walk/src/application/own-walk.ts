import { notFound } from '@walking-buddy/errors'
import { isOf, type Walk } from '../domain/walk.ts'
import type { Walks } from './ports.ts'

/** A stranger's walk is like one that does not exist. */
export const walkNotFound = () => notFound('walk-not-found', 'There is no such walk of yours.')

/** @throws AppError not-found `walk-not-found` */
export async function ownWalk(walks: Walks, userId: string, walkId: string): Promise<Walk> {
  const walk = await walks.find(walkId)
  if (!walk || !isOf(walk, userId)) throw walkNotFound()
  return walk
}
