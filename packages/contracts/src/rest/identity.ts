import { z } from 'zod'
import { operation } from './operation.ts'
import {
  gender,
  idParams,
  instant,
  listOf,
  listQuery,
  pace,
  text,
  uuid,
  verificationLevel,
} from './shapes.ts'

const service = 'identity'
// Keyboards and password stores add a space at the end.
const email = z
  .string()
  .trim()
  .pipe(z.email().max(254))
  .meta({ type: 'string', format: 'email', maxLength: 254 })
const username = z
  .string()
  .regex(
    /^[\p{L}\p{N}](?:[\p{L}\p{N}._-]{1,28})[\p{L}\p{N}]$/u,
    'must have 3 to 30 letters, digits, dots, dashes or underscores',
  )
const password = z.string().min(8).max(256)
const birthDate = z.iso.date()
const refreshToken = z.string().min(1).max(512)

export const userProfile = z
  .object({
    id: uuid,
    email: z.string(),
    username: z.string(),
    fullName: z.string().nullable(),
    bio: z.string().nullable(),
    profilePhotoUrl: z.string().nullable(),
    birthDate: z.string(),
    age: z.int(),
    gender: gender.nullable(),
    verificationLevel,
    roles: z.array(z.string()),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'UserProfile' })

export const tokens = z.object({
  accessToken: z.string(),
  refreshToken: z
    .string()
    .optional()
    .meta({ description: 'Not for browsers: theirs is in the cookie __Secure-refresh.' }),
  safetyToken: z.string(),
  expiresIn: z.int().meta({ description: 'Seconds that the access token lives.' }),
})

export const session = tokens
  .extend({
    user: userProfile,
    deviceToken: z.string().meta({
      description:
        'Send it as X-Device-Token at the next login: a known device keeps its own allowance of attempts.',
    }),
  })
  .meta({ id: 'Session' })

export const preferences = z
  .object({
    searchRadiusMeters: z.int(),
    preferredPace: pace,
    ageRangeMin: z.int(),
    ageRangeMax: z.int(),
    genderPreference: z.enum(['any', 'female', 'male', 'other']),
    isLocationEnabled: z.boolean(),
    readReceipts: z.boolean(),
    personalisedAds: z.boolean(),
  })
  .meta({ id: 'Preferences' })

export const publicUser = z
  .object({
    userId: uuid,
    username: z.string(),
    age: z.int(),
    gender: gender.nullable(),
    bio: z.string().nullable(),
    preferredPace: pace,
    profilePhotoUrl: z.string().nullable(),
    verificationLevel,
  })
  .meta({ id: 'PublicUser' })

export const clientConfig = z
  .object({
    minimumVersions: z.object({ ios: z.string(), android: z.string(), web: z.string() }),
    limits: z.record(z.string(), z.number()),
    switches: z.record(z.string(), z.boolean()),
    serverTime: instant,
  })
  .meta({ id: 'ClientConfig' })

export const identityOperations = {
  register: operation({
    id: 'register',
    method: 'post',
    path: '/api/auth/register',
    service,
    summary: 'Create an account and sign in',
    access: { kind: 'public' },
    idempotencyKey: true,
    body: z.strictObject({
      email,
      password,
      username,
      birthDate,
      fullName: text(100).nullish(),
      gender: gender.nullish(),
    }),
    responses: { 201: session },
    problems: {
      401: ['session-ended'],
      403: ['too-young'],
      409: ['email-taken', 'username-taken', 'idempotency-key-reused', 'in-progress'],
      429: ['too-many-attempts'],
      503: ['busy'],
    },
  }),
  login: operation({
    id: 'login',
    method: 'post',
    path: '/api/auth/login',
    service,
    summary: 'Sign in',
    access: { kind: 'public' },
    body: z.strictObject({
      email: text(254),
      password: z.string().max(256),
      totp: z.string().max(16).optional(),
    }),
    responses: { 200: session },
    problems: {
      401: ['invalid-credentials'],
      403: ['suspended'],
      429: ['too-many-attempts'],
      503: ['busy'],
    },
  }),
  refresh: operation({
    id: 'refresh',
    method: 'post',
    path: '/api/auth/refresh',
    service,
    summary: 'Exchange the refresh token for its successor and a new access token',
    access: { kind: 'public' },
    body: z.strictObject({ refreshToken: refreshToken.optional() }).optional(),
    responses: { 200: tokens },
    problems: { 401: ['invalid-refresh-token'], 403: ['csrf'] },
  }),
  logout: operation({
    id: 'logout',
    method: 'post',
    path: '/api/auth/logout',
    service,
    summary: 'End the session',
    access: { kind: 'public' },
    body: z.strictObject({ refreshToken: refreshToken.optional() }).optional(),
    responses: { 204: null },
    problems: { 403: ['csrf'] },
  }),
  getJwks: operation({
    id: 'getJwks',
    method: 'get',
    path: '/.well-known/jwks.json',
    service,
    summary: 'Public keys that access tokens are signed with',
    access: { kind: 'public' },
    responses: { 200: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }) },
  }),
  getClientConfig: operation({
    id: 'getClientConfig',
    method: 'get',
    path: '/api/client-config',
    service,
    summary: 'Minimum versions, limits, switches, server time',
    access: { kind: 'public' },
    responses: { 200: clientConfig },
  }),
  getMe: operation({
    id: 'getMe',
    method: 'get',
    path: '/api/users/me',
    service,
    summary: "One's own profile",
    access: { kind: 'user' },
    responses: { 200: userProfile },
  }),
  putMe: operation({
    id: 'putMe',
    method: 'put',
    path: '/api/users/me',
    service,
    summary: "Change one's own profile; absent is unchanged, null clears",
    access: { kind: 'user' },
    ifMatch: true,
    body: z.strictObject({
      username: username.optional(),
      fullName: text(100).nullish(),
      bio: text(500).nullish(),
      gender: gender.nullish(),
      birthDate: birthDate.optional(),
      // Read-only: accepted where equal to what is stored.
      id: uuid.optional(),
      email: z.string().optional(),
      profilePhotoUrl: z.string().nullish(),
      age: z.int().optional(),
      verificationLevel: verificationLevel.optional(),
      roles: z.array(z.string()).optional(),
      createdAt: instant.optional(),
      updatedAt: instant.optional(),
    }),
    responses: { 200: userProfile },
    problems: {
      400: ['read-only'],
      409: ['username-taken', 'birth-date-set', 'gender-changed-recently'],
      412: ['version-mismatch'],
    },
  }),
  getPreferences: operation({
    id: 'getPreferences',
    method: 'get',
    path: '/api/users/preferences',
    service,
    summary: "One's own preferences",
    access: { kind: 'user' },
    responses: { 200: preferences },
  }),
  putPreferences: operation({
    id: 'putPreferences',
    method: 'put',
    path: '/api/users/preferences',
    service,
    summary: 'Change preferences; absent is unchanged, null restores the default',
    access: { kind: 'user' },
    ifMatch: true,
    body: z.strictObject({
      searchRadiusMeters: z.int().min(200).max(20_000).nullish(),
      preferredPace: pace.nullish(),
      ageRangeMin: z.int().min(18).max(120).nullish(),
      ageRangeMax: z.int().min(18).max(120).nullish(),
      genderPreference: z.enum(['any', 'female', 'male', 'other']).nullish(),
      isLocationEnabled: z.boolean().nullish(),
      readReceipts: z.boolean().nullish(),
      personalisedAds: z.boolean().nullish(),
    }),
    responses: { 200: preferences },
    problems: { 412: ['version-mismatch'] },
  }),
  getUser: operation({
    id: 'getUser',
    method: 'get',
    path: '/api/users/{id}',
    service,
    summary: 'Someone on the nearby list, or with an open request, walk or conversation in common',
    access: { kind: 'user' },
    params: idParams,
    responses: { 200: publicUser },
    problems: { 404: ['not-available'] },
  }),
  listBlocks: operation({
    id: 'listBlocks',
    method: 'get',
    path: '/api/users/blocks',
    service,
    summary: 'People whom one blocks',
    access: { kind: 'user' },
    query: listQuery,
    responses: { 200: listOf(z.object({ userId: uuid, username: z.string(), blockedAt: instant })) },
  }),
  blockUser: operation({
    id: 'blockUser',
    method: 'put',
    path: '/api/users/{id}/block',
    service,
    summary: 'Block: neither sees anything more of the other, within a second',
    access: { kind: 'user' },
    params: idParams,
    responses: { 204: null },
    problems: { 400: ['self-block'], 409: ['block-limit-reached'] },
  }),
  unblockUser: operation({
    id: 'unblockUser',
    method: 'delete',
    path: '/api/users/{id}/block',
    service,
    summary: 'Take a block back',
    access: { kind: 'user' },
    params: idParams,
    responses: { 204: null },
  }),
}
