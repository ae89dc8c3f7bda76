import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Account, consentOf, isLocatable, laterConsent, newestOf, strangerOf } from './account.ts'

/** A life of an account: consent and suspension change, and each change raises the version. */
const history = fc
  .array(fc.constantFrom('consent', 'suspension', 'name'), { minLength: 1, maxLength: 12 })
  .map(changes => {
    let account: Account = {
      userId: 'u',
      version: 1,
      locationEnabled: false,
      consentVersion: 0,
      suspended: false,
    }
    return [
      account,
      ...changes.map(change => {
        account = { ...account, version: account.version + 1 }
        if (change === 'consent')
          account = {
            ...account,
            locationEnabled: !account.locationEnabled,
            consentVersion: account.consentVersion + 1,
          }
        if (change === 'suspension') account = { ...account, suspended: !account.suspended }
        return account
      }),
    ]
  })

test('whatever the order in which states are heard, and however often, the last one counts', () => {
  fc.assert(
    fc.property(
      history.chain(states =>
        fc.tuple(
          fc.constant(states),
          fc.shuffledSubarray([...states, ...states], { minLength: states.length * 2 }),
        ),
      ),
      ([states, heard]) => {
        const known = heard.reduce<Account | undefined>(newestOf, undefined)
        expect(known).toEqual(states.at(-1))
      },
    ),
  )
})

test('a change of consent that the watch told of is not undone by an older event', () => {
  const known = { userId: 'u', version: 3, locationEnabled: true, consentVersion: 1, suspended: false }
  const watched = newestOf(known, { ...known, locationEnabled: false, consentVersion: 2 })
  expect(newestOf(watched, { ...known, version: 4 })).toMatchObject({
    version: 4,
    locationEnabled: false,
    consentVersion: 2,
  })
})

test('whoever is suspended cannot be located, whatever their consent', () => {
  const account = { userId: 'u', version: 1, locationEnabled: true, consentVersion: 1, suspended: true }
  expect(isLocatable(account)).toBe(false)
  expect(isLocatable({ ...account, suspended: false })).toBe(true)
  expect(consentOf(account)).toEqual({ version: 1, given: true })
})

test('the later word on consent counts, and none where nothing was heard', () => {
  const given = { version: 2, given: true }
  expect(laterConsent(given, { version: 1, given: false })).toBe(given)
  expect(laterConsent({ version: 1, given: false }, given)).toBe(given)
  expect(laterConsent(null, given)).toBe(given)
  expect(consentOf(strangerOf('u'))).toBeNull()
})
