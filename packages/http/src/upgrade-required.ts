import { AppError } from '@walking-buddy/errors'

/** Oldest supported version by platform, `major.minor.patch`. */
export type MinimumVersions = Readonly<Record<string, string>>

/** Signing out works with any version. */
const exempt = new Set(['logout'])

/** @throws AppError 426 `upgrade-required` where `X-Client: ios/1.4.0` names a version below the minimum */
export function assertSupported(
  client: string | string[] | undefined,
  minimum: MinimumVersions,
  operationId: string,
): void {
  const [, platform, version] = /^(\w+)\/(\d+(?:\.\d+){0,2})$/.exec(String(client ?? '')) ?? []
  const least = platform ? minimum[platform] : undefined
  if (version === undefined || least === undefined || exempt.has(operationId) || !isOlder(version, least))
    return
  throw new AppError('invalid', 'upgrade-required', {
    httpStatus: 426,
    detail: `Version ${least} or newer is needed.`,
  })
}

function isOlder(version: string, least: string): boolean {
  const a = version.split('.').map(Number)
  const b = least.split('.').map(Number)
  for (let i = 0; i < 3; i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) < (b[i] ?? 0)
  return false
}
