import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IdentityUnderTest, identityUnderTest, newId, type Person } from './identity-under-test.ts'

let identity: IdentityUnderTest
beforeAll(async () => {
  identity = await identityUnderTest()
})
afterAll(() => identity.stop())

const see = (viewer: Person, id: string) =>
  identity.call('GET', `/api/users/${id}`, { token: viewer.accessToken })
const block = (person: Person, id: string) =>
  identity.call('PUT', `/api/users/${id}/block`, { token: person.accessToken })
const unblock = (person: Person, id: string) =>
  identity.call('DELETE', `/api/users/${id}/block`, { token: person.accessToken })
const blocks = (person: Person, query = '') =>
  identity.call('GET', `/api/users/blocks${query}`, { token: person.accessToken })
const two = () => Promise.all([identity.register(), identity.register({ gender: 'female' })])
const notAvailable = { status: 404, body: { code: 'not-available' } }

describe('another person', () => {
  test('on the nearby list is shown as others may see them, and not with a field more', async () => {
    const [ada, bea] = await two()
    expect(await see(ada, bea.id)).toMatchObject(notAvailable)
    identity.peers.list(ada.id, bea.id)
    const { status, body } = await see(ada, bea.id)
    expect(status).toBe(200)
    const now = new Date()
    expect(body).toEqual({
      userId: bea.id,
      username: bea.username,
      // Born in May 1990: turns on the 1st.
      age: now.getUTCFullYear() - 1990 - (now.getUTCMonth() < 4 ? 1 : 0),
      gender: 'female',
      bio: null,
      preferredPace: 'any',
      profilePhotoUrl: null,
      verificationLevel: 'none',
    })
    expect(await see(bea, ada.id)).toMatchObject(notAvailable)
  })

  test('with whom one walks is shown', async () => {
    const [ada, bea] = await two()
    identity.peers.acquaint(ada.id, bea.id)
    expect((await see(ada, bea.id)).status).toBe(200)
    expect((await see(bea, ada.id)).status).toBe(200)
  })

  test('who is oneself is shown', async () => {
    const ada = await identity.register()
    expect((await see(ada, ada.id.toUpperCase())).body).toMatchObject({ userId: ada.id })
  })

  test('is hidden by a block of either, and seen again without', async () => {
    const [ada, bea] = await two()
    identity.peers.acquaint(ada.id, bea.id)
    await block(bea, ada.id)
    expect(await see(ada, bea.id)).toMatchObject(notAvailable)
    expect(await see(bea, ada.id)).toMatchObject(notAvailable)
    await unblock(bea, ada.id)
    expect((await see(ada, bea.id)).status).toBe(200)
  })

  test('is shown on the word of one peer while the other is down; where nobody says yes, that is no no', async () => {
    const [ada, bea] = await two()
    identity.peers.down.add('matching')
    expect(await see(ada, bea.id)).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    identity.peers.acquaint(ada.id, bea.id)
    expect((await see(ada, bea.id)).status).toBe(200)
    await block(bea, ada.id)
    expect(await see(ada, bea.id)).toMatchObject(notAvailable)
    expect(await see(ada, newId())).toMatchObject({ status: 503 })

    identity.peers.down.clear()
    await until(async () => (await see(ada, newId())).status === 404, { what: 'matching asked again' })
  })

  test('is asked for of both peers always', async () => {
    const [ada, bea] = await two()
    identity.peers.list(ada.id, bea.id)
    for (const id of [bea.id, newId()]) {
      identity.peers.calls.length = 0
      await see(ada, id)
      expect([...identity.peers.calls].sort()).toEqual(['matching', 'walk'])
    }
  })

  test('is nobody for who has no token or no id', async () => {
    const ada = await identity.register()
    expect((await identity.call('GET', `/api/users/${ada.id}`)).status).toBe(401)
    expect((await see(ada, 'not-an-id')).status).toBe(400)
    expect((await see(ada, "';--")).status).toBe(400)
  })
})

describe('blocks', () => {
  test('are 204 for anyone, known or not, once or again, taken back or never made', async () => {
    const [ada, bea] = await two()
    const unknown = newId()
    for (const id of [bea.id, unknown, bea.id, bea.id.toUpperCase()]) {
      const answer = await block(ada, id)
      expect(answer.status).toBe(204)
      expect(answer.text).toBe('')
    }
    expect((await blocks(ada)).body).toEqual({
      items: [{ userId: bea.id, username: bea.username, blockedAt: expect.stringMatching(/Z$/) }],
      nextCursor: null,
    })
    for (const id of [unknown, bea.id, bea.id, newId()]) expect((await unblock(ada, id)).status).toBe(204)
    expect((await blocks(ada)).body.items).toEqual([])
  })

  test('of oneself are refused', async () => {
    const ada = await identity.register()
    expect(await block(ada, ada.id)).toMatchObject({ status: 400, body: { code: 'self-block' } })
  })

  test('are listed newest first, in pages, each person once also when more come in between', async () => {
    const ada = await identity.register()
    const others: Person[] = []
    for (let i = 0; i < 7; i++) others.push(await identity.register())
    for (const other of others) await block(ada, other.id)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await blocks(ada, `?limit=3${cursor ? `&cursor=${cursor}` : ''}`)
      expect(page.body.items.length).toBeLessThanOrEqual(3)
      seen.push(...page.body.items.map(item => item.userId))
      cursor = page.body.nextCursor
      await block(ada, (await identity.register()).id)
    } while (cursor)
    expect(seen).toEqual(others.map(other => other.id).reverse())
  })

  test.each(['x', 'eyJhIjoxfQ', Buffer.from('[1e999,"x"]').toString('base64url'), "';--"])(
    'refuse a cursor that they did not give: %s',
    async cursor => {
      const ada = await identity.register()
      expect((await blocks(ada, `?cursor=${encodeURIComponent(cursor)}`)).status).toBe(400)
    },
  )

  test('end at a thousand, known or not, and then can still be repeated and taken back', async () => {
    const ada = await identity.register()
    const ids = Array.from({ length: 1_000 }, newId)
    await identity.database.query(
      'INSERT INTO blocks (blocker_id, blocked_id, blocked_at) SELECT $1, unnest($2::uuid[]), now()',
      [ada.id, ids],
    )
    for (const id of [newId(), (await identity.register()).id])
      expect(await block(ada, id)).toMatchObject({ status: 409, body: { code: 'block-limit-reached' } })
    expect((await block(ada, ids[0]!)).status).toBe(204)
    await unblock(ada, ids[0]!)
    expect((await block(ada, newId())).status).toBe(204)
  })

  test('of two people by each other at once both hold', async () => {
    const [ada, bea] = await two()
    const answers = await Promise.all([block(ada, bea.id), block(bea, ada.id)])
    expect(answers.map(answer => answer.status)).toEqual([204, 204])
    await unblock(ada, bea.id)
    identity.peers.acquaint(ada.id, bea.id)
    expect(await see(ada, bea.id)).toMatchObject(notAvailable)
  })
})
