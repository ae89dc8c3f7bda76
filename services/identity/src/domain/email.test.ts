import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emailKey } from './email.ts'

describe('emailKey', () => {
  test('case, surrounding space and canonical composition do not make another mailbox', () => {
    expect(emailKey(' Ada@Example.ORG\t')).toBe('ada@example.org')
    expect(emailKey('rene\u0301@example.org')).toBe(emailKey('REN\u00c9@example.org'))
  })

  test.each([
    'аda@example.org',
    'ｄda@example.org',
    'adа@example.org',
    'ada@examp1e.org',
    'ada@example.org\u200b',
  ])('a look-alike is another mailbox: %s', lookalike =>
    expect(emailKey(lookalike)).not.toBe('ada@example.org'),
  )

  test('letters that only become alike in upper case stay apart', () => {
    expect(emailKey('ſam@example.org')).not.toBe('sam@example.org')
    expect(emailKey('kıt@example.org')).not.toBe('kit@example.org')
    expect(emailKey('İda@example.org')).not.toBe('ida@example.org')
  })

  test('a key is its own key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), typed => {
        expect(emailKey(emailKey(typed))).toBe(emailKey(typed))
      }),
    )
  })
})
