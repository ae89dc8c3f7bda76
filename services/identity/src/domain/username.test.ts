import { describe, expect, test } from 'vitest'
import { parseUsername, usernameKey } from './username.ts'

describe('usernameKey', () => {
  test.each([
    ['Ada', 'aDA'],
    ['Straße', 'STRASSE'],
    ['ﬁona', 'fiona'],
    ['ａｄａ', 'ada'],
    ['ſam', 'Sam'],
    ['Ὀδυσσεύς', 'ὈΔΥΣΣΕΎΣ'],
    ['\u212Bsa', 'åsa'],
  ])('%s and %s are one name', (one, other) => expect(usernameKey(one)).toBe(usernameKey(other)))

  test('other names are other names', () => {
    expect(usernameKey('ada.l')).not.toBe(usernameKey('ada-l'))
    expect(usernameKey('josé')).not.toBe(usernameKey('jose'))
  })
})

describe('parseUsername', () => {
  test.each(['pаul', 'Αnna', 'ada.лес'])('a name of several look-alike alphabets is refused: %s', name =>
    expect(() => parseUsername(name)).toThrow(expect.objectContaining({ code: 'invalid-request' })),
  )

  test.each(['paul', 'Павел', 'Άννα', 'さくら.sakura', '민수-kim', 'anna7'])('%s is a name', name =>
    expect(parseUsername(name)).toBe(name),
  )
})
