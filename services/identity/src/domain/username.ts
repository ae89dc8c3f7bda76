import { invalid } from '@walking-buddy/errors'

/**
 * What makes two names one: case, ligatures, full-width and other compatibility forms do not count. Upper case first
 * folds what has several lower-case forms (`ß` and `ss`, `ſ` and `s`, the two sigmas).
 */
export const usernameKey = (typed: string): string =>
  typed.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')

/** Alphabets whose letters pass for each other's. */
const lookalikes = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Coptic', 'Lisu'].map(
  script => new RegExp(`\\p{Script=${script}}`, 'u'),
)

/**
 * A name as it is shown.
 * @throws AppError invalid where a name is mixed from alphabets that look alike (`pаul` with a Cyrillic а)
 */
export function parseUsername(typed: string): string {
  const shown = typed.normalize('NFC')
  if (lookalikes.filter(script => script.test(shown.normalize('NFKC'))).length > 1)
    throw invalid('invalid-request', 'The request has faults.', {
      faults: [{ path: 'body.username', message: 'must not mix alphabets that look alike' }],
    })
  return shown
}
