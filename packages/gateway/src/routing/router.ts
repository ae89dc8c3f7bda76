import type { HeaderList } from '../http/header-list.ts'

/** What Kong's router reads of a route (`router_flavor = traditional_compatible`). */
export interface RouteConditions {
  name: string
  /** A prefix, or `~` and a regular expression. */
  paths: readonly string[]
  methods: readonly string[]
  /** Lower-case name to allowed values; `~*` and a regular expression is a value too. */
  headers: Readonly<Record<string, readonly string[]>>
  regexPriority: number
}

export interface RouteMatch<R> {
  route: R
  /** What the path of the route took of the request's path, for `strip_path`. */
  matchedPath: string
}

export interface Router<R> {
  /** @throws AmbiguousRouteError never: Kong chooses one by its random id, this router the first in the file */
  match(method: string, path: string, headers: HeaderList): RouteMatch<R> | undefined
  /** Every route that Kong might choose: more than one where the file does not say which comes first. */
  candidates(method: string, path: string, headers: HeaderList): RouteMatch<R>[]
}

interface Rule<R> {
  route: R
  methods: readonly string[]
  headers: readonly (readonly [name: string, accepts: (value: string) => boolean])[]
  path: (path: string) => string | undefined
  precedence: readonly number[]
}

/** Routes in the order of Kong: more conditions, more headers, regular expressions, their priority, longer prefixes. */
export function createRouter<R extends RouteConditions>(routes: readonly R[]): Router<R> {
  const rules = routes.flatMap(rulesOf).sort((a, b) => compare(b.precedence, a.precedence))

  const matching = (
    rule: Rule<R>,
    method: string,
    path: string,
    headers: HeaderList,
  ): RouteMatch<R> | undefined => {
    if (rule.methods.length > 0 && !rule.methods.includes(method)) return undefined
    const matchedPath = rule.path(path)
    if (matchedPath === undefined) return undefined
    const headersFit = rule.headers.every(([name, accepts]) => headers.all(name).some(accepts))
    return headersFit ? { route: rule.route, matchedPath } : undefined
  }

  return {
    match(method, path, headers) {
      for (const rule of rules) {
        const match = matching(rule, method, path, headers)
        if (match) return match
      }
      return undefined
    },
    candidates(method, path, headers) {
      const found: RouteMatch<R>[] = []
      let precedence: readonly number[] | undefined
      for (const rule of rules) {
        if (precedence && compare(rule.precedence, precedence) !== 0) break
        const match = matching(rule, method, path, headers)
        if (!match || found.some(other => other.route === match.route)) continue
        precedence = rule.precedence
        found.push(match)
      }
      return found
    },
  }
}

function rulesOf<R extends RouteConditions>(route: R): Rule<R>[] {
  const headers = Object.entries(route.headers)
  const conditions = 1 + (route.methods.length > 0 ? 1 : 0) + (headers.length > 0 ? 1 : 0)
  const accepts = headers.map(([name, values]) => [name, anyOf(values)] as const)
  return route.paths.map(path => {
    const regex = path.startsWith('~') ? new RegExp(`^${path.slice(1)}`) : undefined
    return {
      route,
      methods: route.methods,
      headers: accepts,
      path: regex ? given => regex.exec(given)?.[0] : given => (given.startsWith(path) ? path : undefined),
      precedence: [
        conditions,
        headers.length,
        regex ? 1 : 0,
        regex ? route.regexPriority : 0,
        regex ? 0 : path.length,
      ],
    }
  })
}

function anyOf(values: readonly string[]): (value: string) => boolean {
  const tests = values.map(wanted => {
    if (!wanted.startsWith('~*')) return (value: string) => value === wanted.toLowerCase()
    const regex = new RegExp(wanted.slice(2).toLowerCase())
    return (value: string) => regex.test(value)
  })
  return value => tests.some(test => test(value.toLowerCase()))
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return 0
}

/**
 * Why Rust's regular expressions, which Kong uses, and those of JavaScript might not mean the same here;
 * `undefined` where they do.
 */
export function regexFault(source: string): string | undefined {
  const foreign = /\(\?(?!:|<[A-Za-z_]\w*>)|\\[^.\-/+*?()[\]{}|^$\\]|\[\[|&&|\[[^\]]*--/.exec(source)
  if (foreign) return `"${foreign[0]}" may mean another thing in Kong's regular expressions than here`
  try {
    new RegExp(source)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
