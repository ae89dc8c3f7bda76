/** Users whom a stream is told to follow; what changes within a moment is told together. */
export interface FollowedUsers {
  follow(userId: string): void
  unfollow(userId: string): void
  /** The other side knows nothing, or nothing any more: it has to be told of everybody. */
  restart(): void
  /** What is to be told now, in order; telling it is the caller's matter. */
  take(): { add: string[]; remove: string[] }[]
}

const usersPerMessage = 1_000

export function followedUsers(): FollowedUsers {
  const followed = new Set<string>()
  let add = new Set<string>()
  let remove = new Set<string>()

  return {
    follow(userId) {
      followed.add(userId)
      add.add(userId)
    },
    unfollow(userId) {
      followed.delete(userId)
      // Somebody who leaves and comes back within the moment has to be followed anew: both are told, in this order.
      add.delete(userId)
      remove.add(userId)
    },
    restart() {
      add = new Set(followed)
      remove = new Set()
    },
    take() {
      const messages = [
        ...chunks([...remove]).map(users => ({ add: [], remove: users })),
        ...chunks([...add]).map(users => ({ add: users, remove: [] })),
      ]
      add = new Set()
      remove = new Set()
      return messages
    },
  }
}

const chunks = (users: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(users.length / usersPerMessage) }, (_, i) =>
    users.slice(i * usersPerMessage, (i + 1) * usersPerMessage),
  )
