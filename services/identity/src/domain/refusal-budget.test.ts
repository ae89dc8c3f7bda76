import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterRefusal, nextRefusalAt } from './refusal-budget.ts'

const hourMs = 3_600_000

test('in no hour, wherever it begins, are more than five answers given, and after it there are five again', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(hourMs), { maxLength: 60 }), gaps => {
      let answers: Date[] = []
      const given: number[] = []
      let now = 0
      for (const gap of gaps) {
        now += gap
        const next = nextRefusalAt(answers, new Date(now))
        if (next) {
          expect(next.getTime()).toBeGreaterThan(now)
          expect(nextRefusalAt(answers, next)).toBeUndefined()
          continue
        }
        answers = afterRefusal(answers, new Date(now))
        given.push(now)
      }
      for (const start of given)
        expect(given.filter(time => time >= start && time < start + hourMs).length).toBeLessThanOrEqual(5)
    }),
  )
})
