import { expect, test } from 'vitest'
import { originAllowed } from './origins.ts'

const allowed = ['https://app.walkingbuddy.example']

test.each([undefined, 'https://app.walkingbuddy.example', 'http://localhost:5173', 'https://127.0.0.1'])(
  '%s may connect',
  origin => {
    expect(originAllowed(origin, allowed)).toBe(true)
  },
)

test.each([
  'null',
  '',
  'https://evil.example',
  'http://app.walkingbuddy.example',
  'https://app.walkingbuddy.example.evil.example',
  'http://localhost.evil.example',
  'http://localhost:80@evil.example',
])('a page of %j may not', origin => {
  expect(originAllowed(origin, allowed)).toBe(false)
})
