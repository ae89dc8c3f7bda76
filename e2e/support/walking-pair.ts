import { randomBytes } from 'node:crypto'
import { createPhone, type Phone, type PhoneWalk } from '@walking-buddy/simulator'

/** Two people who walk again and again, and remember what they were told. */
export interface WalkingPair {
  /** Walks that both were told are completed. */
  completed: string[]
  /** By walk: statuses that some call acknowledged. */
  acknowledged: Map<string, Set<string>>
  /** By phone: `walk id/status` of each durable event, in order of arrival. */
  received: string[][]
  phones: Phone[]
  /** Failures that a patient client could not get over. */
  troubles: unknown[]
  stop(): Promise<void>
}

/** Starts a pair at a place; each walk takes about `walkSeconds`. */
export async function startPair(
  gateway: string,
  at: { lat: number; lng: number },
  walkSeconds: number,
): Promise<WalkingPair> {
  const phones = await Promise.all([newcomer(gateway, at), newcomer(gateway, at)])
  const acknowledged = new Map<string, Set<string>>()
  const completed: string[] = []
  const troubles: unknown[] = []
  const received: string[][] = [[], []]
  phones.forEach((phone, i) => {
    for (const kind of ['requested', 'accepted', 'started', 'completed', 'cancelled', 'expired', 'declined'])
      phone.on(`walk:${kind}`, (walk: PhoneWalk) => void received[i]!.push(`${walk.id}/walk:${kind}`))
  })
  const tell = (walk: PhoneWalk, status: string) =>
    acknowledged.set(walk.id, (acknowledged.get(walk.id) ?? new Set()).add(status))
  let stopping = false

  const once = async (turn: number): Promise<void> => {
    const [asker, asked] = turn % 2 === 0 ? [phones[0]!, phones[1]!] : [phones[1]!, phones[0]!]
    for (const phone of [asker, asked]) {
      await phone.call('PUT', '/api/users/location', { ...at, accuracyMeters: 5 })
      await phone.call('PUT', '/api/users/availability', { available: true })
    }
    for (;;) {
      const { items } = await asker.call<{ items: { userId: string }[] }>(
        'GET',
        '/api/users/nearby?limit=100',
      )
      if (items.some(item => item.userId === asked.userId())) break
      if (stopping) return
      await pause(100)
    }
    const walk = await asker.call<PhoneWalk>('POST', '/api/walks/request', { partnerId: asked.userId() })
    tell(walk, 'walk:requested')
    tell(await asked.call<PhoneWalk>('PUT', `/api/walks/${walk.id}/accept`, {}), 'walk:accepted')
    tell(await asker.call<PhoneWalk>('POST', `/api/walks/${walk.id}/start`, {}), 'walk:started')
    await pause(walkSeconds * 1000)
    tell(await asker.call<PhoneWalk>('POST', `/api/walks/${walk.id}/end`, {}), 'walk:completed')
    completed.push(walk.id)
  }
  const living = (async () => {
    for (let turn = 0; !stopping; turn++)
      try {
        await once(turn)
      } catch (error) {
        troubles.push(error)
        await pause(200)
      }
  })()

  return {
    completed,
    acknowledged,
    received,
    phones,
    troubles,
    stop: async () => {
      stopping = true
      await living
      for (const phone of phones) phone.disconnect()
    },
  }
}

async function newcomer(gateway: string, at: { lat: number; lng: number }): Promise<Phone> {
  const handle = `pair.${randomBytes(6).toString('hex')}`
  const phone = createPhone({ gateway, clientName: 'e2e/1.0.0' })
  await phone.register({
    email: `${handle}@example.org`,
    password: `pass-${handle}`,
    username: handle,
    birthDate: '1991-02-03',
  })
  await phone.call('PUT', '/api/users/preferences', { isLocationEnabled: true })
  await phone.call('PUT', '/api/users/location', at)
  await phone.connect()
  return phone
}

const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))
