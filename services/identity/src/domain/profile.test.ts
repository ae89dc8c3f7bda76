import { describe, expect, test } from 'vitest'
import { type Account, newAccount } from './account.ts'
import { changeProfile } from './profile.ts'

const now = new Date('2026-03-10T12:00:00.123Z')
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000)
const account: Account = newAccount(
  '01900000-0000-7000-8000-000000000001',
  { email: 'ada@example.org', username: 'ada', birthDate: '1990-05-17', fullName: 'Ada', gender: null },
  now,
)

describe('changeProfile', () => {
  test('absent is unchanged, null clears, and each change is one version', () => {
    const changed = changeProfile(account, { bio: 'I like hills.', fullName: null }, inDays(1))
    expect(changed).toEqual({
      ...account,
      version: 2,
      bio: 'I like hills.',
      fullName: null,
      updatedAt: inDays(1),
    })
  })

  test('sending back what was read changes nothing', () => {
    const read = {
      id: account.id,
      email: account.email,
      username: 'ada',
      fullName: 'Ada',
      bio: null,
      profilePhotoUrl: null,
      birthDate: '1990-05-17',
      age: 35,
      gender: null,
      verificationLevel: 'none',
      roles: ['walker'],
      createdAt: '2026-03-10T13:00:00.123+01:00',
      updatedAt: now.toISOString(),
    }
    expect(changeProfile(account, read, inDays(1))).toBe(account)
  })

  test('every read-only field that differs is named, and nothing changes', () => {
    expect(() =>
      changeProfile(
        account,
        {
          bio: 'x',
          id: '0',
          email: 'eve@example.org',
          roles: ['admin', 'walker'],
          age: 18,
          verificationLevel: 'email',
        },
        now,
      ),
    ).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        code: 'read-only',
        faults: ['id', 'email', 'age', 'verificationLevel', 'roles'].map(name =>
          expect.objectContaining({ path: `body.${name}` }),
        ),
      }),
    )
  })

  test('the birth date is set once', () => {
    expect(changeProfile(account, { birthDate: '1990-05-17' }, now)).toBe(account)
    expect(() => changeProfile(account, { birthDate: '1990-05-18' }, now)).toThrow(
      expect.objectContaining({ kind: 'conflict', code: 'birth-date-set' }),
    )
  })

  test('the gender is set freely once, then changes at most once in 90 days, clearing included', () => {
    const set = changeProfile(account, { gender: 'female' }, now)
    const cleared = changeProfile(set, { gender: null }, inDays(1))
    expect(cleared.gender).toBeNull()
    const recently = expect.objectContaining({ kind: 'conflict', code: 'gender-changed-recently' })
    expect(() => changeProfile(cleared, { gender: 'female' }, inDays(2))).toThrow(recently)
    expect(() => changeProfile(cleared, { gender: 'other' }, inDays(90.9))).toThrow(recently)
    expect(changeProfile(cleared, { gender: 'other' }, inDays(91)).gender).toBe('other')
    expect(changeProfile(cleared, { gender: null, bio: 'x' }, inDays(2)).bio).toBe('x')
  })
})
