import { AppError } from '@walking-buddy/errors'

/** The entity tag of a thing's version: equal for everyone who may see the thing. */
export const etagOf = (version: number): string => `"v${version}"`

/** @throws AppError 412 `version-mismatch` where If-Match names another version (RFC 9110, 13.1.1) */
export function matches(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  if (!ifMatch.split(',').some(tag => tag.trim() === etagOf(version)))
    throw new AppError('conflict', 'version-mismatch', {
      httpStatus: 412,
      detail: 'It has changed since it was read: read it again.',
    })
}
