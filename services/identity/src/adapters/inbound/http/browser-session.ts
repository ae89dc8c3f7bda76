import { forbidden } from '@walking-buddy/errors'

type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>

const cookieName = '__Secure-refresh'
const attributes = 'Path=/api/auth; HttpOnly; Secure; SameSite=Strict'

/** Browsers keep the refresh token where no script can read it. */
export const isBrowser = (headers: RequestHeaders): boolean => headers.origin !== undefined

export const refreshCookie = (token: string, maxAgeSeconds: number): string =>
  `${cookieName}=${token}; Max-Age=${maxAgeSeconds}; ${attributes}`

export const noRefreshCookie = `${cookieName}=; Max-Age=0; ${attributes}`

/**
 * The refresh token of a request, by its body or else by its cookie; undefined where there is none.
 * @throws AppError forbidden `csrf` for a cookie that came without an allowed Origin and `X-CSRF: 1`: it may have
 *   been sent by a page of somebody else
 */
export function refreshTokenOf(
  request: { headers: RequestHeaders; body: { refreshToken?: string | undefined } | undefined },
  allowedOrigins: readonly string[],
): string | undefined {
  if (request.body?.refreshToken !== undefined) return request.body.refreshToken
  const token = cookieOf(request.headers)
  if (token === undefined) return undefined
  const { origin, 'x-csrf': csrf } = request.headers
  if (typeof origin !== 'string' || !allowedOrigins.includes(origin) || csrf !== '1')
    throw forbidden('csrf', 'A refresh cookie wants an allowed Origin and X-CSRF: 1.')
  return token
}

function cookieOf(headers: RequestHeaders): string | undefined {
  for (const pair of String(headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === cookieName && value) return value
  }
  return undefined
}
