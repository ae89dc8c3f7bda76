import { kongYamlOf, parseKongConfig } from './declarative/kong-config.ts'
import { HeaderList } from './http/header-list.ts'
import { createRouter } from './routing/router.ts'
import { parseTarget } from './routing/target.ts'

export interface RoutedTo {
  /** The host of the service: the name of its folder. */
  service: string
  route: string
  tags: readonly string[]
}

/**
 * Which service a request of this kind comes to by a declarative file (its path, or its text);
 * `undefined` where none does.
 * @param path with or without a query string
 * @throws Error when several routes fit and the file does not say which comes first
 */
export function routeOf(
  config: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): RoutedTo | undefined {
  const target = parseTarget(path)
  if (!target) return undefined
  const router = createRouter(parseKongConfig(kongYamlOf(config)).routes)
  const found = router.candidates(
    method.toUpperCase(),
    target.path,
    new HeaderList(Object.entries(headers).flat()),
  )
  if (found.length > 1)
    throw new Error(
      `${method} ${path} fits several routes of the same precedence: ${found.map(({ route }) => route.name).join(', ')}`,
    )
  const route = found[0]?.route
  return route?.service && { service: route.service.host, route: route.name, tags: route.tags }
}
