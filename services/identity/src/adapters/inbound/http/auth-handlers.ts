import type { identityOperations } from '@walking-buddy/contracts/rest'
import { unauthenticated } from '@walking-buddy/errors'
import type { Handlers } from '@walking-buddy/http'
import type { Application } from '../../../application/index.ts'
import type { Clock } from '../../../application/ports.ts'
import type { IssuedTokens, SignedIn } from '../../../application/sign-in.ts'
import { networkOf } from '../../../domain/network.ts'
import { isBrowser, noRefreshCookie, refreshCookie, refreshTokenOf } from './browser-session.ts'
import { profileView } from './views.ts'

type AuthOperations = Pick<typeof identityOperations, 'register' | 'login' | 'refresh' | 'logout'>
type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>

/** Signing in and out. */
export function authHandlers(
  app: Application,
  { allowedOrigins, clock }: { allowedOrigins: readonly string[]; clock: Clock },
): Handlers<AuthOperations> {
  const tokensView = (
    { accessToken, safetyToken, expiresInSeconds, refreshToken }: IssuedTokens,
    headers: RequestHeaders,
  ) => ({
    accessToken,
    safetyToken,
    expiresIn: expiresInSeconds,
    ...(isBrowser(headers) ? {} : { refreshToken }),
  })
  const sessionView = (signedIn: SignedIn, headers: RequestHeaders) => ({
    ...tokensView(signedIn, headers),
    user: profileView(signedIn.account, new Date(clock.now())),
    deviceToken: signedIn.deviceToken,
  })
  const headersFor = (issued: IssuedTokens, headers: RequestHeaders) => ({
    'cache-control': 'no-store',
    ...(isBrowser(headers)
      ? { 'set-cookie': refreshCookie(issued.refreshToken, issued.refreshExpiresInSeconds) }
      : {}),
  })

  return {
    async register({ body }, { ip, idempotencyKey, headers }) {
      const { fullName = null, gender = null, ...given } = body
      const signedIn = await app.register({
        ...given,
        fullName,
        gender,
        network: networkOf(ip),
        idempotencyKey,
      })
      return { status: 201, body: sessionView(signedIn, headers), headers: headersFor(signedIn, headers) }
    },
    async login({ body: { email, password } }, { ip, headers }) {
      const { 'x-device-token': device } = headers
      const deviceToken = typeof device === 'string' ? device : undefined
      const signedIn = await app.logIn({ email, password, network: networkOf(ip), deviceToken })
      return { status: 200, body: sessionView(signedIn, headers), headers: headersFor(signedIn, headers) }
    },
    async refresh({ body }, { headers }) {
      const token = refreshTokenOf({ headers, body }, allowedOrigins)
      if (token === undefined)
        throw unauthenticated('invalid-refresh-token', 'A refresh token is needed: sign in.')
      const issued = await app.refreshSession(token)
      return { status: 200, body: tokensView(issued, headers), headers: headersFor(issued, headers) }
    },
    async logout({ body }, { headers }) {
      const token = refreshTokenOf({ headers, body }, allowedOrigins)
      if (token !== undefined) await app.logOut(token)
      return { status: 204, headers: isBrowser(headers) ? { 'set-cookie': noRefreshCookie } : {} }
    },
  }
}
