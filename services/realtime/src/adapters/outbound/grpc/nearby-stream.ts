import { areaOf, parseCellToken } from '@walking-buddy/cells'
import type {
  NearbyWalker as ListedWalker,
  MatchingServiceService,
  WatchNearbyRequest,
  WatchNearbyResponse,
} from '@walking-buddy/contracts/grpc/matching'
import { internal } from '@walking-buddy/errors'
import type { Client } from '@walking-buddy/grpc'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { Follows, Nearby, NearbyWalker } from '../../../application/ports.ts'
import { followedUsers } from './followed-users.ts'
import { lastingStream } from './lasting-stream.ts'
import { soon } from './soon.ts'

/** One stream to matching for all users of this instance: who has a socket goes up, their lists come down. */
export function nearbyStream(options: {
  matching: Pick<Client<typeof MatchingServiceService>, 'watchNearby'>
  show: (userId: string, list: Nearby) => void
  clock: Clock
  random: () => number
  log: Logger
}): Part<Follows> {
  const { matching, clock, log } = options
  return async name => {
    const users = followedUsers()
    let send: ((request: WatchNearbyRequest) => Promise<void>) | undefined

    const tell = soon(clock, async () => {
      if (!send) return
      const sendNow = send
      for (const { add, remove } of users.take())
        await sendNow({ addViewerIds: add, removeViewerIds: remove })
    })

    const show = ({ viewerId, walkers, asOf }: WatchNearbyResponse): void => {
      try {
        options.show(viewerId, {
          walkers: walkers.map(walkerJson),
          asOf: (asOf ?? new Date(clock.now())).toISOString(),
        })
      } catch (error) {
        log.error({ err: error }, 'a nearby list cannot be read')
      }
    }

    const stream = await lastingStream<WatchNearbyRequest, WatchNearbyResponse>({
      ...options,
      open: options => matching.watchNearby(options),
      opened: sendOnThis => {
        send = sendOnThis
        users.restart()
        tell()
      },
      received: show,
      closed: () => {
        send = undefined
      },
    })(name)

    return {
      value: {
        follow(userId) {
          users.follow(userId)
          tell()
        },
        unfollow(userId) {
          users.unfollow(userId)
          tell()
        },
      },
      ...(stream.stop ? { stop: stream.stop } : {}),
    }
  }
}

function walkerJson(walker: ListedWalker): NearbyWalker {
  if (!walker.lastSeen) throw internal('incomplete-walker', 'Matching told of a walker without all of them.')
  return {
    userId: walker.userId,
    username: walker.username,
    age: walker.age,
    gender: (walker.gender || null) as NearbyWalker['gender'],
    preferredPace: walker.preferredPace as NearbyWalker['preferredPace'],
    profilePhotoUrl: walker.profilePhotoUrl || null,
    area: areaOf(parseCellToken(walker.cell)),
    distanceMeters: walker.distanceMeters,
    lastSeen: walker.lastSeen.toISOString(),
  }
}
