import { conflict, invalid } from '@walking-buddy/errors'
import { type Account, type Gender, ownAge, revised } from './account.ts'
import { parseUsername } from './username.ts'

/** What a client may send of its own profile. Absent is unchanged, null clears. */
export interface ProfileChanges {
  username?: string | undefined
  fullName?: string | null | undefined
  bio?: string | null | undefined
  gender?: Gender | null | undefined
  /** Accepted where equal: it was set at registration. */
  birthDate?: string | undefined
  id?: string | undefined
  email?: string | undefined
  profilePhotoUrl?: string | null | undefined
  age?: number | undefined
  verificationLevel?: string | undefined
  roles?: readonly string[] | undefined
  createdAt?: string | undefined
  updatedAt?: string | undefined
}

const genderRestsForMs = 90 * 86_400_000

/**
 * The account with the changes: the same object where nothing changes.
 * @throws AppError invalid `read-only` naming every field that may not differ from what is stored; conflict
 *   `birth-date-set`, `gender-changed-recently`
 */
export function changeProfile(account: Account, changes: ProfileChanges, now: Date): Account {
  assertReadOnlyUnchanged(account, changes, now)
  if (changes.birthDate !== undefined && changes.birthDate !== account.birthDate)
    throw conflict('birth-date-set', 'The birth date is set once.')

  const {
    username = account.username,
    fullName = account.fullName,
    bio = account.bio,
    gender = account.gender,
  } = changes
  const editable = {
    username: parseUsername(username),
    fullName,
    bio,
    ...changedGender(account, gender, now),
  }
  const same = (Object.keys(editable) as (keyof typeof editable)[]).every(
    name => editable[name] === account[name],
  )
  return same ? account : revised(account, editable, now)
}

function assertReadOnlyUnchanged(account: Account, changes: ProfileChanges, now: Date): void {
  const sameInstant = (sent: string, stored: Date) => Date.parse(sent) === stored.getTime()
  const { id, email, profilePhotoUrl, age, verificationLevel, roles, createdAt, updatedAt } = changes
  const differing = [
    id !== undefined && id !== account.id && 'id',
    email !== undefined && email !== account.email && 'email',
    profilePhotoUrl !== undefined && profilePhotoUrl !== account.profilePhotoUrl && 'profilePhotoUrl',
    age !== undefined && age !== ownAge(account, now) && 'age',
    verificationLevel !== undefined && verificationLevel !== account.verificationLevel && 'verificationLevel',
    roles !== undefined && !sameMembers(roles, account.roles) && 'roles',
    createdAt !== undefined && !sameInstant(createdAt, account.createdAt) && 'createdAt',
    updatedAt !== undefined && !sameInstant(updatedAt, account.updatedAt) && 'updatedAt',
  ].filter(name => name !== false)
  if (differing.length > 0)
    throw invalid('read-only', 'Some of these fields cannot be changed.', {
      faults: differing.map(name => ({ path: `body.${name}`, message: 'is read-only and differs' })),
    })
}

const sameMembers = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every(member => b.includes(member))

/** The first setting is free; after that one change, clearing included, in 90 days. */
function changedGender(account: Account, gender: Gender | null, now: Date) {
  const { genderChangedAt } = account
  if (gender === account.gender) return { gender, genderChangedAt }
  if (account.gender === null && genderChangedAt === null) return { gender, genderChangedAt }
  if (genderChangedAt !== null && now.getTime() - genderChangedAt.getTime() < genderRestsForMs)
    throw conflict('gender-changed-recently', 'The gender can be changed once in 90 days.')
  return { gender, genderChangedAt: now }
}
