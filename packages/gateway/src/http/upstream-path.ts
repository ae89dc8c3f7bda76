/**
 * The path that a service is asked for (Kong's `path_handling: v0`).
 * @param servicePath the path of the service's URL
 * @param requestPath the path that the router matched
 * @param matchedPath what the route's path took of it, where `strip_path` is on
 */
export function upstreamPath(
  servicePath: string,
  requestPath: string,
  matchedPath: string | undefined,
): string {
  if (matchedPath === undefined)
    return servicePath.endsWith('/')
      ? servicePath + requestPath.slice(1)
      : requestPath === '/'
        ? servicePath
        : servicePath + requestPath

  const rest = requestPath.slice(matchedPath.length).replace(/^\.{1,2}(\/|$)/, '')
  const base = servicePath.endsWith('/') ? servicePath.slice(0, -1) : servicePath
  if (rest !== '') return rest.startsWith('/') ? base + rest : `${base}/${rest}`
  if (servicePath === '/') return '/'
  return requestPath.length > 1 && requestPath.endsWith('/') ? `${base}/` : base
}
