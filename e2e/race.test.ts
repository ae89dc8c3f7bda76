import { randomUUID } from 'node:crypto'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, expectStatus, freshPlace, type Person, walkerAt } from './support/client.ts'
import { type MeshUnderTest, startMeshUnderTest } from './support/mesh-under-test.ts'

let mesh: MeshUnderTest
beforeAll(async () => {
  mesh = await startMeshUnderTest()
})
afterAll(() => mesh?.stop())

async function openRequest(): Promise<{ initiator: Person; partner: Person; id: string }> {
  const at = freshPlace()
  const [initiator, partner] = (await Promise.all([walkerAt(mesh.url, at), walkerAt(mesh.url, at)])) as [
    Person,
    Person,
  ]
  await until(async () =>
    (await initiator.call<{ items: { userId: string }[] }>('GET', '/api/users/nearby')).body.items.some(
      item => item.userId === partner.id,
    ),
  )
  const { id } = await expectStatus(
    initiator.call<{ id: string }>(
      'POST',
      '/api/walks/request',
      { partnerId: partner.id },
      { 'idempotency-key': randomUUID() },
    ),
    201,
  )
  return { initiator, partner, id }
}

type Told = { wish: 'accept' | 'decline'; answer: Answer | undefined }

const race = (
  partner: Person,
  id: string,
  clients: number,
  onAnswer: () => void = () => {},
): Promise<Told[]> =>
  Promise.all(
    Array.from({ length: clients }, async (_, i): Promise<Told> => {
      const wish = i % 2 === 0 ? 'accept' : 'decline'
      const answer = await partner.call('PUT', `/api/walks/${id}/${wish}`, {}).catch(() => undefined)
      onAnswer()
      return { wish, answer }
    }),
  )

/** What every client was told must be what happened. */
function expectTruth(told: readonly Told[], outcome: string): void {
  for (const { wish, answer } of told) {
    if (!answer || answer.status >= 500) continue
    if (answer.status === 200)
      expect([answer.body['status'], wish]).toEqual([outcome, outcome === 'accepted' ? 'accept' : 'decline'])
    else expect(answer).toMatchObject({ status: 409, body: { code: 'illegal-transition' } })
  }
}

test('1,000 clients race to accept and decline one walk: one winner, and everyone is told the truth', async () => {
  const { initiator, partner, id } = await openRequest()
  const told = await race(partner, id, 1000)
  const { status } = await expectStatus(initiator.call<{ status: string }>('GET', `/api/walks/${id}`), 200)
  expect(['accepted', 'declined']).toContain(status)
  expectTruth(told, status)
  const counts = Object.groupBy(told, ({ answer }) => String(answer?.status))
  expect(Object.keys(counts).sort()).toEqual(['200', '409'])
})

test('the same with the walk service killed in between, 20 times', async () => {
  const service = mesh.constellation.processes.get('walk')!
  const lost: number[] = []
  for (let round = 0; round < 20; round++) {
    const { initiator, partner, id } = await openRequest()
    // Before the first answer, after the first, after the fourth…: at another moment of the race each time.
    let answers = 0
    const racing = race(partner, id, 100, () => {
      answers += 1
    })
    await until(() => answers >= 3 * round, { withinMs: 20_000 })
    process.kill(service.pid()!, 'SIGKILL')
    const told = await racing
    const { status } = await until(
      async () => {
        const answer = await initiator
          .call<{ status: string }>('GET', `/api/walks/${id}`)
          .catch(() => undefined)
        return answer?.status === 200 && answer.body
      },
      { withinMs: 30_000 },
    )
    expect(['requested', 'accepted', 'declined']).toContain(status)
    if (status === 'requested') expect(told.every(({ answer }) => !answer || answer.status >= 500)).toBe(true)
    else expectTruth(told, status)
    lost.push(told.filter(({ answer }) => !answer || answer.status >= 500).length)
  }
  console.log(`clients of 100 that the kill left without an answer, by round: ${lost.join(' ')}`)
})
