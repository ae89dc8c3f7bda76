import { areaOf, cellAt } from '@walking-buddy/cells'
import { Gender, Pace } from '@walking-buddy/contracts/grpc/identity'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MatchingUnderTest, matchingUnderTest, townAt } from './matching-under-test.ts'

let matching: MatchingUnderTest
beforeAll(async () => {
  matching = await matchingUnderTest()
})
afterAll(() => matching.stop())

let towns = 10
/** The middle of a town that is nobody's but this test's, and places around it. */
const town = () => {
  const { lat, lng } = townAt(towns++ * 0.5)
  return (northMeters = 0) => ({ lat: lat + northMeters / 111_195, lng })
}

describe('GET /api/users/nearby', () => {
  test('shows who suits, with a cell and nothing finer', async () => {
    const at = town()
    const [viewer, other] = await matching.people(
      { at: at() },
      {
        at: at(900),
        lastSeen: new Date('2026-05-20T10:47:12.345Z'),
        user: {
          username: 'Hanna',
          birthYear: 1988,
          birthMonth: 2,
          gender: Gender.OTHER,
          profilePhotoUrl: '/media/1',
          preferences: { preferredPace: Pace.BRISK },
        },
      },
    )
    const { status, body, headers } = await matching.get(viewer!.id)
    expect(status).toBe(200)
    expect(body.items).toEqual([
      {
        userId: other!.id,
        username: 'Hanna',
        age: expect.any(Number),
        gender: 'other',
        preferredPace: 'brisk',
        profilePhotoUrl: '/media/1',
        area: areaOf(cellAt(at(900).lat, at(900).lng, 200)),
        distanceMeters: expect.any(Number),
        lastSeen: '2026-05-20T10:30:00.000Z',
      },
    ])
    expect(body.items[0]!.distanceMeters).toBeGreaterThan(600)
    expect(body.items[0]!.distanceMeters).toBeLessThan(1_200)
    expect(headers.get('cache-control')).toBe('private, no-store')
    expect(headers.get('etag')).toBeNull()
  })

  test('every filter holds both ways', async () => {
    const at = town()
    const [viewer, , near] = await matching.people(
      {
        at: at(),
        user: {
          gender: Gender.MALE,
          birthYear: 1990,
          preferences: {
            preferredPace: Pace.MODERATE,
            searchRadiusMeters: 3_000,
            ageRangeMin: 25,
            ageRangeMax: 45,
          },
        },
      },
      { at: at(3_600) },
      { at: at(2_000) },
      { at: at(2_000), user: { preferences: { searchRadiusMeters: 1_500 } } },
      { at: at(400), user: { preferences: { preferredPace: Pace.SLOW } } },
      { at: at(400), user: { birthYear: 1960 } },
      { at: at(400), user: { preferences: { ageRangeMin: 60 } } },
      { at: at(400), user: { preferences: { genderPreference: Gender.FEMALE } } },
      { at: at(400), user: { suspended: true } },
      { at: at(400), user: { preferences: { isLocationEnabled: false } } },
    )
    expect(await matching.names(viewer!.id)).toEqual([near!.id])
    await matching.changeUser(viewer!, { preferences: { genderPreference: Gender.OTHER } })
    expect(await matching.names(viewer!.id)).toEqual([])
  })

  test('a radius in the query narrows the list and never widens it', async () => {
    const at = town()
    const [viewer, near, far] = await matching.people(
      { at: at(), user: { preferences: { searchRadiusMeters: 2_000 } } },
      { at: at(600) },
      { at: at(1_600) },
      { at: at(3_000) },
    )
    expect(await matching.names(viewer!.id)).toEqual([near!.id, far!.id])
    expect(await matching.names(viewer!.id, '?radiusMeters=1000')).toEqual([near!.id])
    expect(await matching.names(viewer!.id, '?radiusMeters=20000')).toEqual([near!.id, far!.id])
    expect(await matching.names(viewer!.id, '?limit=1')).toEqual([near!.id])
  })

  test('nearer bands come first; within a band who agrees better, then who was seen more recently', async () => {
    const at = town()
    const walks = { preferences: { preferredPace: Pace.BRISK } }
    const [viewer, inNextBand, older, recent, agrees] = await matching.people(
      { at: at(), user: walks },
      { at: at(700), user: walks },
      { at: at(200), lastSeen: new Date('2026-05-20T08:00:00Z') },
      { at: at(300), lastSeen: new Date('2026-05-20T09:00:00Z') },
      { at: at(300), user: walks, lastSeen: new Date('2026-05-20T07:00:00Z') },
    )
    expect(await matching.names(viewer!.id)).toEqual([agrees!.id, recent!.id, older!.id, inNextBand!.id])
  })

  test('whoever is not visible sees nobody, and does not appear', async () => {
    const at = town()
    const [viewer, other] = await matching.people({ at: at() }, { at: at() })
    await matching.move(viewer!, null)
    expect(await matching.names(viewer!.id)).toEqual([])
    expect(await matching.names(other!.id)).toEqual([])
  })

  test('whoever was published a moment ago is asked for at the owners instead of being told that nobody is there', async () => {
    const at = town()
    const [other] = await matching.people({ at: at() })
    const viewer = matching.own({ at: at() })
    expect(await matching.names(viewer.id)).toEqual([other!.id])
    // From now on known: no event came.
    expect(await matching.names(other!.id)).toEqual([viewer.id])
  })

  test('the owners being down, whoever is not known to be visible gets 503, and those who are get their list', async () => {
    const at = town()
    const [viewer, other] = await matching.people({ at: at() }, { at: at() })
    const stranger = matching.own({ at: at() })
    matching.owners.down.add('location')
    try {
      const answer = await matching.get(stranger.id)
      expect([answer.status, answer.body.code]).toEqual([503, 'unavailable'])
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(await matching.names(viewer!.id)).toEqual([other!.id])
    } finally {
      matching.owners.down.delete('location')
    }
  })

  test('a published person whose account never came by an event is looked up', async () => {
    const at = town()
    const [viewer] = await matching.people({ at: at() })
    const unknown = matching.own({ at: at() })
    await matching.publish([matching.presenceRecord(unknown.presence)])
    await matching.known([unknown])
    expect(await matching.names(viewer!.id)).toEqual([unknown.id])
  })

  test('a bad query is 400 and a call without a token 401', async () => {
    const [viewer] = await matching.people({ at: town()() })
    for (const query of ['?limit=0', '?limit=101', '?radiusMeters=10', '?radiusMeters=x']) {
      const answer = await matching.get(viewer!.id, query)
      expect([answer.status, answer.body.code], query).toEqual([400, 'invalid-request'])
    }
    const response = await fetch(`${matching.url}/api/users/nearby`)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      401,
      'unauthorized',
    ])
  })

  test('everyone in a cell gets the same answers and headers about the others', async () => {
    const at = town()
    const [viewer, other] = await matching.people({ at: at() }, { at: at(500) })
    const shownNow = async () => {
      const { status, body, headers } = await matching.get(viewer!.id)
      const told = [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name))
      return JSON.stringify([status, body.items, told])
    }
    const first = await shownNow()
    // Another position in the same cell, and another minute of the same half hour.
    const presence = { ...other!.presence, version: 2, lastSeen: new Date('2026-05-20T10:29:59Z') }
    matching.owners.presences.set(other!.id, presence)
    await matching.publish([matching.presenceRecord(presence)])
    await matching.known([other!])
    expect(await shownNow()).toBe(first)
  })
})

describe('areas', () => {
  test('an account reads lists in twelve areas a day, counted by all instances together', async () => {
    const at = town()
    const [viewer] = await matching.people({ at: at() })
    const another = await matching.startAnother()
    try {
      const statuses: number[] = []
      for (let area = 0; area < 13; area++) {
        await matching.move(viewer!, at(area * 3_300))
        await matching.known([viewer!], another.walkers)
        statuses.push((await matching.get(viewer!.id, '', area % 2 ? another.url : matching.url)).status)
      }
      expect(statuses).toEqual([...Array(12).fill(200), 429])
      const refused = await matching.get(viewer!.id)
      expect(refused.body.code).toBe('too-many-areas')
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)

      await matching.move(viewer!, at(5 * 3_300))
      await matching.known([viewer!], another.walkers)
      expect((await matching.get(viewer!.id)).status).toBe(200)
      expect((await matching.get(viewer!.id, '', another.url)).status).toBe(200)

      await matching.move(viewer!, at(13 * 3_300))
      matching.moveOn(86_400_000)
      expect((await matching.get(viewer!.id)).status).toBe(200)
    } finally {
      matching.moveOn(-86_400_000)
      await another.process.stop()
    }
  })

  test('what is stored does not say where anyone was', async () => {
    const rows = await matching.database.query<{ areas: string[] }>(
      'SELECT areas::text[] AS areas FROM list_areas',
    )
    const stored = rows.flatMap(({ areas }) => areas)
    expect(stored.length).toBeGreaterThan(12)
    // The same town counts differently for each person.
    expect(new Set(stored).size).toBe(stored.length)
  })

  test('areas of the past are dropped', async () => {
    await matching.database.query(`INSERT INTO list_areas VALUES (gen_random_uuid(), '2020-01-01', ARRAY[1])`)
    const another = await matching.startAnother()
    await until(
      async () =>
        (await matching.database.query(`SELECT 1 FROM list_areas WHERE day = '2020-01-01'`)).length === 0,
    )
    await another.process.stop()
  })
})

describe('what leaves the service besides answers', () => {
  test('no log line and no metric names a person or a place', async () => {
    const at = town()
    const [viewer, other] = await matching.people(
      { at: at(), user: { username: 'Seldom-Heard' } },
      { at: at(300) },
    )
    await matching.get(viewer!.id)
    const told = [...matching.process.lines(), await matching.process.metrics.text()].join('\n')
    for (const secret of [viewer!.id, other!.id, 'Seldom-Heard', other!.presence.cell])
      expect(told).not.toContain(secret)
  })
})
