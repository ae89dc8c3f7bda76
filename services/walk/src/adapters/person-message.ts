import type { User } from '@walking-buddy/contracts/grpc/identity'
import type { Person } from '../domain/person.ts'

/** What is shown of an account, from what identity tells of it. */
export const personOf = (user: User): Person => ({
  userId: user.userId,
  version: user.version,
  username: user.username,
  birthYear: user.birthYear,
  birthMonth: user.birthMonth,
  profilePhotoUrl: user.profilePhotoUrl || null,
})
