import { expect, test } from 'vitest'
import { startOf } from './resume.ts'

const state = { stream: 's', seq: 20, firstKept: 11 }

test('a client that knows nothing starts at the end of the stream', () => {
  expect(startOf(state, undefined)).toEqual({ stream: 's', seq: 20, resumed: false, resync: false })
})

test.each([10, 11, 19, 20])('from %i everything missed is there: it goes on', seq => {
  expect(startOf(state, { stream: 's', seq })).toEqual({ stream: 's', seq, resumed: true, resync: false })
})

test.each([
  ['before the window', { stream: 's', seq: 9 }],
  ['beyond the end', { stream: 's', seq: 21 }],
  ['of another stream', { stream: 't', seq: 15 }],
])('a place %s means reading anew', (_, from) => {
  expect(startOf(state, from)).toEqual({ stream: 's', seq: 20, resumed: false, resync: true })
})

test('nothing was missed where nothing happened, however long ago', () => {
  expect(startOf({ ...state, firstKept: null }, { stream: 's', seq: 20 }).resumed).toBe(true)
  expect(startOf({ ...state, firstKept: null }, { stream: 's', seq: 19 }).resync).toBe(true)
})
