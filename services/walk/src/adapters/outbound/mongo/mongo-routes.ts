import { isAppError, unavailable } from '@walking-buddy/errors'
import type { Clock } from '@walking-buddy/service-kit'
import { type Db, MongoServerError, type WithId } from 'mongodb'
import type { Routes } from '../../../application/ports.ts'

/** A document of `walk_routes`: one person's route of one walk. */
interface RouteDocument {
  walk_id: string
  user_id: string
  /** Of the track that it was made from. */
  revision: number
  coordinates: { lat: number; lng: number; timestamp: Date }[]
  points_of_interest: { name: string; type: string; location: { lat: number; lng: number } }[]
}

const duplicateKey = 11_000
/** After a failure nobody is kept waiting for the next one. */
const coolDownMs = 2_000

/** Finished routes; all of it can be made again from the tracks. */
export function mongoRoutes(db: Db, { clock }: { clock: Clock }): Routes {
  const collection = db.collection<RouteDocument>('walk_routes')
  let indexed: Promise<unknown> | undefined
  let downUntilMs = Number.NEGATIVE_INFINITY

  const answered = async <T>(work: () => Promise<T>): Promise<T> => {
    if (clock.monotonicMs() < downUntilMs) throw unavailable('routes-unavailable')
    try {
      return await work()
    } catch (error) {
      downUntilMs = clock.monotonicMs() + coolDownMs
      throw unavailable('routes-unavailable', undefined, { cause: error })
    }
  }
  const withIndex = async (): Promise<void> => {
    indexed ??= collection.createIndex({ walk_id: 1, user_id: 1 }, { unique: true })
    await indexed.catch(error => {
      indexed = undefined
      throw error
    })
  }

  return {
    save: ({ walkId, userId, revision, coordinates, pointsOfInterest }) =>
      answered(async () => {
        await withIndex()
        try {
          await collection.updateOne(
            { walk_id: walkId, user_id: userId, revision: { $lt: revision } },
            { $set: { revision, coordinates: [...coordinates], points_of_interest: [...pointsOfInterest] } },
            { upsert: true },
          )
        } catch (error) {
          // Nothing older was there to replace, and inserting found one that is as new.
          if (!(error instanceof MongoServerError) || error.code !== duplicateKey) throw error
        }
      }),
    async find(walkId, userId) {
      const route = await answered(() => collection.findOne({ walk_id: walkId, user_id: userId })).catch(
        absentIfDown,
      )
      return route ? routeOf(route) : undefined
    },
    forget: walkIds =>
      answered(async () => {
        await collection.deleteMany({ walk_id: { $in: [...walkIds] } })
      }),
  }
}

const absentIfDown = (error: unknown): null => {
  if (isAppError(error)) return null
  throw error
}

const routeOf = ({ coordinates, points_of_interest }: WithId<RouteDocument>) => ({
  coordinates: coordinates.map(({ lat, lng, timestamp }) => ({ lat, lng, timestamp })),
  pointsOfInterest: points_of_interest.map(({ name, type, location }) => ({ name, type, location })),
})
