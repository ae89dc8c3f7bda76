const known =
  /^(?<path>\/(api|\.well-known|media|socket\.io|tiles|webhooks)(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/?)(\?|$)/

/**
 * What a log may say of a request's target: never a query string or a token in the path.
 * The same rules as the `map` of infra/kong/access-log.conf.
 */
export function loggedPath(target: string): string {
  if (/^\/s\/[^/?]+\/acknowledge(\?|$)/.test(target)) return '/s/:token/acknowledge'
  if (target.startsWith('/s/')) return '/s/:token'
  return known.exec(target)?.groups?.['path'] ?? '-'
}
