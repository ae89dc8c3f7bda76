import { randomBytes } from 'node:crypto'
import { createPhone, type Phone, type PhoneWalk } from './phone.ts'
import { lengthMeters, type RecordedPoint } from './recorded-walk.ts'

export interface ReplayResult {
  referenceMeters: number
  measuredMeters: number
  /** Of what the partner was shown while walking. */
  partnerPositions: number
}

/**
 * Walks a recorded track as two phones, through the gateway, `speedFactor` times as fast as it was recorded: both
 * register, come online, one asks, the other accepts, both report every point, one ends.
 */
export async function replayWalk(options: {
  gateway: string
  track: readonly RecordedPoint[]
  speedFactor: number
  progress: (share: number) => void
}): Promise<ReplayResult> {
  const { gateway, track, speedFactor } = options
  const start = track[0]!
  const [one, other] = await Promise.all([newcomer(gateway, start), newcomer(gateway, start)])
  let partnerPositions = 0
  other.on('walk:position', () => {
    partnerPositions += 1
  })
  try {
    await waitUntil(
      async () =>
        (await one.call<{ items: { userId: string }[] }>('GET', '/api/users/nearby?limit=100')).items.some(
          item => item.userId === other.userId(),
        ),
      30_000,
      'the phones see each other',
    )
    const { id } = await one.call<PhoneWalk>('POST', '/api/walks/request', { partnerId: other.userId() })
    await other.call('PUT', `/api/walks/${id}/accept`, {})
    await one.call('POST', `/api/walks/${id}/start`, {})

    const startedMs = performance.now()
    for (const point of track) {
      const dueMs = startedMs + (point.atMs - start.atMs) / speedFactor
      await new Promise(resolve => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
      const now = new Date().toISOString()
      await Promise.all(
        [one, other].map(phone =>
          phone.emit('location:update', {
            lat: point.lat,
            lng: point.lng,
            accuracyMeters: 5,
            recordedAt: now,
            sentAt: now,
          }),
        ),
      )
      options.progress((point.atMs - start.atMs) / (track.at(-1)!.atMs - start.atMs))
    }
    await one.call('POST', `/api/walks/${id}/end`, {})
    // Points that were still on their way when the walk ended change its distance a moment later.
    let measured = -1
    await waitUntil(
      async () => {
        const { distanceMeters } = await one.call<PhoneWalk>('GET', `/api/walks/${id}`)
        const settled = distanceMeters !== null && distanceMeters === measured
        measured = distanceMeters ?? -1
        return settled
      },
      15_000,
      'the distance is known',
    )
    return { referenceMeters: lengthMeters(track), measuredMeters: measured, partnerPositions }
  } finally {
    one.disconnect()
    other.disconnect()
  }
}

async function newcomer(gateway: string, at: { lat: number; lng: number }): Promise<Phone> {
  const handle = `replay.${randomBytes(6).toString('hex')}`
  const phone = createPhone({ gateway, clientName: 'replay/1.0.0' })
  await phone.register({
    email: `${handle}@town.example`,
    password: randomBytes(18).toString('base64url'),
    username: handle,
    birthDate: '1990-05-17',
  })
  await phone.call('PUT', '/api/users/preferences', { isLocationEnabled: true })
  await phone.connect()
  await phone.emit('location:update', { lat: at.lat, lng: at.lng, accuracyMeters: 5 })
  await phone.emit('presence:online')
  return phone
}

async function waitUntil(condition: () => Promise<boolean>, withinMs: number, what: string): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`waited ${withinMs / 1000} s in vain until ${what}`)
    await new Promise(resolve => setTimeout(resolve, 500))
  }
}
