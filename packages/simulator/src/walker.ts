import { distanceMeters, type LatLng } from '@walking-buddy/cells'
import type { StreetGraph } from '@walking-buddy/osm'
import { type Journey, jittered, journey } from './journey.ts'
import { ApiProblem, createPhone, type Phone, type PhoneWalk, type Registration } from './phone.ts'
import type { Random } from './random.ts'
import type { TownEvent } from './town-event.ts'

/** What a simulated person is like. */
export interface Persona {
  name: string
  registration: Registration
  home: LatLng
  /** Metres a second. */
  speed: number
  /** How likely they say yes. */
  openness: number
}

/** What all walkers of a town share. */
export interface TownAround {
  gateway: string
  streets: StreetGraph
  places: readonly (LatLng & { name: string })[]
  /** Town seconds a real second. */
  speedFactor: number
  /** What two people agree by talking when they stand together: the way they take, by walk id. */
  plans: Map<string, LatLng[]>
  /** Names by user id, of those who live in this town. */
  names: Map<string, string>
  tell: (event: TownEvent) => void
}

const reportEverySeconds = 3

/**
 * One simulated person: goes out, looks who is near, asks or is asked, meets, walks, goes home, rests; with a phone
 * that loses its signal now and then. It knows nothing but the public API.
 */
export async function liveAs(
  persona: Persona,
  town: TownAround,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  const phone = createPhone({ gateway: town.gateway, clientName: 'simulator/1.0.0' })
  await signIn(phone, persona.registration)
  town.names.set(phone.userId(), persona.name)
  await phone.call('PUT', '/api/users/preferences', {
    isLocationEnabled: true,
    searchRadiusMeters: random.pick([1500, 2000, 3000]),
  })

  const pause = (seconds: number) =>
    new Promise<void>(resolve => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, (seconds * 1000) / town.speedFactor)
      signal.addEventListener('abort', done, { once: true })
    })

  let nearby = new Map<string, { userId: string; area: LatLng }>()
  phone.on(
    'users:nearby',
    (delta: {
      reset?: true
      added: { userId: string; area: LatLng }[]
      changed: { userId: string; area: LatLng }[]
      removed: string[]
    }) => {
      if (delta.reset) nearby = new Map()
      for (const walker of [...delta.added, ...delta.changed]) nearby.set(walker.userId, walker)
      for (const userId of delta.removed) nearby.delete(userId)
    },
  )
  let walk: PhoneWalk | undefined
  const learn = (news: PhoneWalk) => {
    if (walk?.id === news.id ? news.version > walk.version : ['requested', 'accepted'].includes(news.status))
      walk = news
  }
  const asked: PhoneWalk[] = []
  for (const event of ['accepted', 'declined', 'cancelled', 'expired', 'started', 'completed', 'updated'])
    phone.on(`walk:${event}`, learn)
  phone.on('walk:requested', (news: PhoneWalk) => {
    if (news.partnerId === phone.userId()) asked.push(news)
  })

  let at = persona.home
  let missed: { lat: number; lng: number; accuracyMeters: number; recordedAt: string }[] = []
  const report = async (): Promise<void> => {
    const point = { ...jittered(at, 3, random), accuracyMeters: 6, recordedAt: new Date().toISOString() }
    try {
      await phone.emit('location:update', { ...point, sentAt: new Date().toISOString() })
    } catch (error) {
      if (!(error instanceof ApiProblem)) missed.push(point)
    }
  }

  /** Moves along a line, reporting as phones do; sometimes without a signal for a while. */
  const follow = async (way: Journey, until: () => boolean): Promise<void> => {
    let silentSeconds = 0
    while (!signal.aborted && !way.done() && !until()) {
      await pause(reportEverySeconds)
      at = way.advance(reportEverySeconds)
      if (silentSeconds > 0) {
        silentSeconds -= reportEverySeconds
        missed.push({ ...jittered(at, 5, random), accuracyMeters: 10, recordedAt: new Date().toISOString() })
        if (silentSeconds <= 0) await phone.connect().catch(() => {})
      } else {
        if (random.chance(0.01)) {
          silentSeconds = random.integer(12, 60)
          phone.disconnect()
        }
        await report()
      }
    }
    if (!phone.connected()) await phone.connect().catch(() => {})
  }
  const routeTo = (to: LatLng): LatLng[] => [
    at,
    ...(town.streets.path(town.streets.nearest(at), town.streets.nearest(to)) ?? []),
    to,
  ]
  const nameOf = (walkId: PhoneWalk) =>
    town.names.get(walkId.initiatorId === phone.userId() ? walkId.partnerId : walkId.initiatorId) ?? 'someone'

  const ask = async (): Promise<void> => {
    const candidates = [...nearby.values()].filter(walker => town.names.has(walker.userId))
    if (candidates.length === 0) return
    const partner = random.pick(candidates)
    const between = { lat: (at.lat + partner.area.lat) / 2, lng: (at.lng + partner.area.lng) / 2 }
    const place = nearestOf(town.places, between)
    try {
      walk = await phone.call<PhoneWalk>('POST', '/api/walks/request', {
        partnerId: partner.userId,
        message: `Shall we walk from ${place.name}?`,
        meetingPoint: { lat: place.lat, lng: place.lng, name: place.name },
      })
      town.tell({ kind: 'asked', who: persona.name, partner: town.names.get(partner.userId)! })
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
    }
  }

  const answer = async (request: PhoneWalk): Promise<void> => {
    await pause(random.between(4, 16))
    const yes = random.chance(persona.openness)
    try {
      const answered = await phone.call<PhoneWalk>(
        'PUT',
        `/api/walks/${request.id}/${yes ? 'accept' : 'decline'}`,
        {},
      )
      if (yes) walk = answered
      town.tell({ kind: yes ? 'accepted' : 'declined', who: persona.name, partner: nameOf(request) })
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
    }
  }

  const over = () => walk === undefined || !['requested', 'accepted', 'in_progress'].includes(walk.status)

  const walkTogether = async (): Promise<void> => {
    const current = walk!
    const meetingPoint = current.meetingPoint ?? persona.home
    await follow(journey(routeTo(meetingPoint), persona.speed * town.speedFactor), over)
    let partnerAt: LatLng | undefined
    phone.on('walk:position', (position: LatLng) => {
      partnerAt = position
    })
    const initiator = current.initiatorId === phone.userId()
    for (
      let waited = 0;
      !signal.aborted && !over() && walk?.status === 'accepted' && waited < 2_400;
      waited += reportEverySeconds
    ) {
      await pause(reportEverySeconds)
      await report()
      if (initiator && partnerAt && distanceMeters(partnerAt, at) < 120) {
        walk = await phone.call<PhoneWalk>('POST', `/api/walks/${current.id}/start`, {})
        town.tell({ kind: 'started', who: persona.name, partner: nameOf(current) })
      }
    }
    if (walk?.status !== 'in_progress') return

    const plan = town.plans.get(current.id) ?? loopFrom(town, at, random)
    town.plans.set(current.id, plan)
    await follow(journey([at, ...plan], persona.speed * town.speedFactor), over)
    if (initiator && !signal.aborted && !over()) {
      walk = await phone.call<PhoneWalk>('POST', `/api/walks/${current.id}/end`, {})
      town.plans.delete(current.id)
      town.tell({
        kind: 'finished',
        who: persona.name,
        partner: nameOf(current),
        meters: walk.distanceMeters ?? 0,
      })
    }
    for (let waited = 0; !signal.aborted && !over() && waited < 240; waited += reportEverySeconds)
      await pause(reportEverySeconds)
    if (missed.length > 0) {
      await phone.call('POST', `/api/walks/${current.id}/track`, {
        points: missed.slice(-500),
        sentAt: new Date().toISOString(),
      })
      missed = []
    }
  }

  const outing = async (): Promise<void> => {
    await phone.connect()
    await report()
    await phone.emit('presence:online')
    town.tell({ kind: 'online', who: persona.name })
    const patience = random.between(600, 2_400)
    for (let waited = 0; !signal.aborted && waited < patience; waited += reportEverySeconds) {
      await pause(reportEverySeconds)
      await report()
      const request = asked.shift()
      if (request && over()) await answer(request)
      else if (over() && random.chance(0.03)) await ask()
      if (walk?.status === 'accepted' || walk?.status === 'in_progress') {
        await walkTogether()
        break
      }
    }
    if (walk?.status === 'requested' && walk.initiatorId === phone.userId())
      await phone.call('PUT', `/api/walks/${walk.id}/cancel`, {}).catch(() => {})
    walk = undefined
    asked.length = 0
    missed = []
    if (phone.connected()) await phone.emit('presence:offline').catch(() => {})
    await follow(journey(routeTo(persona.home), persona.speed * town.speedFactor), () => false)
    at = persona.home
    town.tell({ kind: 'home', who: persona.name })
    phone.disconnect()
  }

  while (!signal.aborted) {
    await pause(random.between(5, 240))
    if (signal.aborted) break
    try {
      await outing()
    } catch (error) {
      town.tell({
        kind: 'trouble',
        who: persona.name,
        detail: error instanceof Error ? error.message : String(error),
      })
      phone.disconnect()
      await pause(20 * town.speedFactor)
    }
  }
  phone.disconnect()
}

/** Signs in; who is not known yet registers. */
async function signIn(phone: Phone, registration: Registration): Promise<void> {
  try {
    await phone.login({ email: registration.email, password: registration.password })
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 401) throw error
    await phone.register(registration)
  }
}

/** Out to some place and back, along the streets. */
function loopFrom(town: TownAround, at: LatLng, random: Random): LatLng[] {
  const candidates = town.places.filter(place => {
    const away = distanceMeters(place, at)
    return away > 200 && away < 700
  })
  const start = town.streets.nearest(at)
  const goal = town.streets.nearest(candidates.length > 0 ? random.pick(candidates) : at)
  const out = town.streets.path(start, goal) ?? []
  return [...out, ...[...out].reverse()]
}

function nearestOf<T extends LatLng>(places: readonly T[], to: LatLng): T {
  let best = places[0]!
  for (const place of places) if (distanceMeters(place, to) < distanceMeters(best, to)) best = place
  return best
}
