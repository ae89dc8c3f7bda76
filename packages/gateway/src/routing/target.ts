/**
 * What nginx makes of a request target before Kong sees it, and how Kong's router reads its path.
 * Strings hold bytes (latin1), as they do in node:http.
 */
export interface Target {
  /** Percent-decoded but for reserved characters, slashes merged, dot segments gone: what routes match. */
  path: string
  /** `?` and all after it, or nothing. */
  query: string
  /** The path as it was sent. */
  rawPath: string
  /** Of a target in absolute form, which wins over the Host header. */
  authority: string | undefined
}

/** `undefined` where nginx answers 400. */
export function parseTarget(target: string): Target | undefined {
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/is.exec(target)
  const relative = absolute ? absolute[2]! : target
  const withSlash = absolute && !relative.startsWith('/') ? `/${relative}` : relative
  if (!withSlash.startsWith('/')) return undefined

  const at = withSlash.indexOf('?')
  const rawPath = at < 0 ? withSlash : withSlash.slice(0, at)
  if (!isSound(rawPath)) return undefined
  return {
    path: normalize(rawPath),
    query: at < 0 ? '' : withSlash.slice(at),
    rawPath,
    authority: absolute?.[1],
  }
}

/** No control characters, no broken or zero escapes, no climbing above the root. */
function isSound(path: string): boolean {
  if (/[\0-\x20\x7f]/.test(path) || /%(?![0-9a-f]{2})|%00/i.test(path)) return false
  if (!path.includes('.') && !/%2e/i.test(path)) return true
  let depth = 0
  for (const segment of path.replace(/%2e/gi, '.').replace(/%2f/gi, '/').split('/')) {
    if (segment === '..' && --depth < 0) return false
    if (segment !== '' && segment !== '.' && segment !== '..') depth++
  }
  return true
}

const reserved = "!*'();:@&=+$,/?%#[]"

function normalize(path: string): string {
  const decoded = path.includes('%')
    ? path.replace(/%([0-9a-f]{2})/gi, (triplet, hex: string) => {
        const character = String.fromCharCode(Number.parseInt(hex, 16))
        return reserved.includes(character) ? triplet.toUpperCase() : character
      })
    : path
  if (!decoded.includes('.') && !decoded.includes('//')) return decoded

  const segments: string[] = []
  const given = decoded.split('/')
  for (const segment of given) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  const last = given.at(-1)
  const endsInSlash = last === '' || last === '.' || last === '..'
  return `/${segments.join('/')}${endsInSlash && segments.length > 0 ? '/' : ''}`
}

/** A path fit for a request line again. */
export const escapePath = (path: string): string =>
  path.replace(
    /[^!#$&'()*+,/:;=?@[\]A-Z0-9\-_.~%]/gi,
    byte => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
