import { conflict, exhausted, internal, invalid, notFound, timeout, unavailable } from '@walking-buddy/errors'
import { describe, expect, test } from 'vitest'
import { MalformedEvent } from './event.ts'
import { verdictOf } from './verdict.ts'

const withCode = (code: string): Error => Object.assign(new Error('x'), { code })

describe('a failed event', () => {
  test.each([
    ['its dependency is away', unavailable('away')],
    ['its dependency is slow', timeout('slow')],
    ['its dependency is full', exhausted('full')],
    ['a connection was refused', withCode('ECONNREFUSED')],
    [
      'a connection broke, told by a driver in its own words',
      new Error('query failed', { cause: withCode('ECONNRESET') }),
    ],
  ])('waits when %s', (_, error) => expect(verdictOf(error)).toBe('wait'))

  test.each([
    ['it is not of its topic', new MalformedEvent('x')],
    ['it asks for what cannot be', invalid('bad')],
    ['its subject is gone', notFound('gone')],
  ])('is dead when %s', (_, error) => expect(verdictOf(error)).toBe('dead'))

  test.each([
    ['a race was lost', conflict('changed')],
    ['something went wrong elsewhere', internal('internal')],
    ['there is a bug', new TypeError('x')],
    ['a constraint was violated', withCode('23505')],
    ['something odd was thrown', 'odd'],
  ])('is worth a few attempts when %s', (_, error) => expect(verdictOf(error)).toBe('unsure'))
})
