import { exists, invalid } from '@walking-buddy/errors'
import { isForeignKeyViolation, isUniqueViolation, type Queryable } from '@walking-buddy/postgres'
import type { Accounts, Credentials } from '../../../application/ports.ts'
import type { Account } from '../../../domain/account.ts'
import { emailKey } from '../../../domain/email.ts'
import type { Preferences } from '../../../domain/preferences.ts'
import { usernameKey } from '../../../domain/username.ts'

type Flat<T> = { [K in keyof T]: T[K] }
type Row = Flat<Omit<Account, 'preferences'> & Preferences>

const select = `
  SELECT u.id, u.version, u.email, u.username, u.full_name AS "fullName", u.bio,
    u.profile_photo_url AS "profilePhotoUrl", u.birth_date AS "birthDate", u.gender,
    u.gender_changed_at AS "genderChangedAt", u.verification_level AS "verificationLevel",
    u.suspended_at AS "suspendedAt", u.created_at AS "createdAt", u.updated_at AS "updatedAt",
    ARRAY(SELECT role FROM user_roles WHERE user_id = u.id ORDER BY role) AS roles,
    p.search_radius_meters AS "searchRadiusMeters", p.preferred_pace AS "preferredPace",
    p.age_range_min AS "ageRangeMin", p.age_range_max AS "ageRangeMax",
    p.gender_preference AS "genderPreference", p.is_location_enabled AS "isLocationEnabled",
    p.read_receipts AS "readReceipts", p.personalised_ads AS "personalisedAds",
    p.location_consent_version AS "locationConsentVersion"
  FROM users u JOIN user_preferences p ON p.user_id = u.id`

function accountOf(row: Row): Account {
  const {
    searchRadiusMeters,
    preferredPace,
    ageRangeMin,
    ageRangeMax,
    genderPreference,
    isLocationEnabled,
    readReceipts,
    personalisedAds,
    locationConsentVersion,
    ...account
  } = row
  return {
    ...account,
    preferences: {
      searchRadiusMeters,
      preferredPace,
      ageRangeMin,
      ageRangeMax,
      genderPreference,
      isLocationEnabled,
      readReceipts,
      personalisedAds,
      locationConsentVersion,
    },
  }
}

/** Users with their preferences, roles and credentials. */
export function postgresAccounts(db: Queryable): Accounts {
  const find = async (userId: string): Promise<Account | undefined> => {
    const { rows } = await db.query<Row>(`${select} WHERE u.id = $1`, [userId])
    return rows[0] && accountOf(rows[0])
  }

  /** In two statements: only the second sees preferences and roles as the former holder of the lock left them. */
  const findLocked = async (userId: string, strength: 'NO KEY UPDATE' | 'SHARE') => {
    await db.query(`SELECT FROM users WHERE id = $1 FOR ${strength}`, [userId])
    return find(userId)
  }

  const setRoles = ({ id, roles }: Account) =>
    db
      .query(
        `WITH taken AS (DELETE FROM user_roles WHERE user_id = $1 AND role <> ALL ($2::text[]))
         INSERT INTO user_roles (user_id, role) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`,
        [id, roles],
      )
      .catch(error => {
        throw isForeignKeyViolation(error, 'user_roles_role')
          ? invalid('invalid-request', 'There is no such role.')
          : error
      })

  return {
    find,
    async findAll(userIds) {
      const { rows } = await db.query<Row>(`${select} WHERE u.id = ANY ($1::uuid[])`, [userIds])
      return rows.map(accountOf)
    },
    async credentialsOf(email) {
      const { rows } = await db.query<Flat<Credentials>>(
        `SELECT c.user_id AS "userId", c.password_hash AS "passwordHash"
         FROM users u JOIN credentials c ON c.user_id = u.id WHERE u.email_key = $1`,
        [emailKey(email)],
      )
      return rows[0]
    },
    async credentialsById(userId) {
      const { rows } = await db.query<Flat<Credentials>>(
        `SELECT user_id AS "userId", password_hash AS "passwordHash" FROM credentials WHERE user_id = $1`,
        [userId],
      )
      return rows[0]
    },
    lock: userId => findLocked(userId, 'NO KEY UPDATE'),
    hold: userId => findLocked(userId, 'SHARE'),
    async add(account, passwordHash) {
      await taken(
        db.query(
          `INSERT INTO users (id, version, email, email_key, username, username_key, full_name, bio,
             profile_photo_url, birth_date, gender, gender_changed_at, verification_level, suspended_at, created_at,
             updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
          [
            account.id,
            account.version,
            account.email,
            emailKey(account.email),
            account.username,
            usernameKey(account.username),
            account.fullName,
            account.bio,
            account.profilePhotoUrl,
            account.birthDate,
            account.gender,
            account.genderChangedAt,
            account.verificationLevel,
            account.suspendedAt,
            account.createdAt,
            account.updatedAt,
          ],
        ),
      )
      await db.query(
        `INSERT INTO user_preferences (user_id, search_radius_meters, preferred_pace, age_range_min, age_range_max,
           gender_preference, is_location_enabled, read_receipts, personalised_ads, location_consent_version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [account.id, ...preferenceValues(account.preferences)],
      )
      await setRoles(account)
      await db.query('INSERT INTO credentials (user_id, password_hash, updated_at) VALUES ($1, $2, $3)', [
        account.id,
        passwordHash,
        account.createdAt,
      ])
    },
    async save(account) {
      await taken(
        db.query(
          `UPDATE users SET version = $2, username = $3, username_key = $4, full_name = $5, bio = $6,
             profile_photo_url = $7, gender = $8, gender_changed_at = $9, verification_level = $10,
             suspended_at = $11, updated_at = $12
           WHERE id = $1`,
          [
            account.id,
            account.version,
            account.username,
            usernameKey(account.username),
            account.fullName,
            account.bio,
            account.profilePhotoUrl,
            account.gender,
            account.genderChangedAt,
            account.verificationLevel,
            account.suspendedAt,
            account.updatedAt,
          ],
        ),
      )
      await db.query(
        `UPDATE user_preferences SET search_radius_meters = $2, preferred_pace = $3, age_range_min = $4,
           age_range_max = $5, gender_preference = $6, is_location_enabled = $7, read_receipts = $8,
           personalised_ads = $9, location_consent_version = $10
         WHERE user_id = $1`,
        [account.id, ...preferenceValues(account.preferences)],
      )
      await setRoles(account)
    },
    async renewHash(userId, oldHash, newHash, at) {
      await db.query(
        'UPDATE credentials SET password_hash = $3, updated_at = $4 WHERE user_id = $1 AND password_hash = $2',
        [userId, oldHash, newHash, at],
      )
    },
  }
}

const preferenceValues = (preferences: Preferences) => [
  preferences.searchRadiusMeters,
  preferences.preferredPace,
  preferences.ageRangeMin,
  preferences.ageRangeMax,
  preferences.genderPreference,
  preferences.isLocationEnabled,
  preferences.readReceipts,
  preferences.personalisedAds,
  preferences.locationConsentVersion,
]

/** The database alone decides races for an address or a name. */
const taken = async (statement: Promise<unknown>): Promise<void> => {
  try {
    await statement
  } catch (error) {
    if (isUniqueViolation(error, 'users_email_key'))
      throw exists('email-taken', 'There is an account with this address: sign in.')
    if (isUniqueViolation(error, 'users_username_key'))
      throw exists('username-taken', 'Somebody has this name.')
    throw error
  }
}

const sampledHashes = 20_000

/** How many passwords were hashed at which cost, as argon2's format writes it; of many, by a sample. */
export async function passwordCostsInUse(db: Queryable): Promise<{ parameters: string; count: number }[]> {
  const estimate = await db.query<{ rows: number }>(
    `SELECT greatest(reltuples, 1) AS rows FROM pg_class WHERE oid = 'credentials'::regclass`,
  )
  const percent = Math.min(100, (100 * sampledHashes) / estimate.rows[0]!.rows)
  const { rows } = await db.query<{ parameters: string; count: bigint }>(
    `SELECT split_part(password_hash, '$', 4) AS parameters, count(*) AS count
     FROM credentials TABLESAMPLE SYSTEM ($1) GROUP BY 1`,
    [percent],
  )
  return rows.map(({ parameters, count }) => ({ parameters, count: Number(count) }))
}
