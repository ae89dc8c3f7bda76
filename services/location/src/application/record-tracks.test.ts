import { ExactPosition } from '@walking-buddy/exact-position'
import type { Running } from '@walking-buddy/service-kit'
import { silentLogger } from '@walking-buddy/telemetry'
import { type FakeClock, fakeClock } from '@walking-buddy/testkit'
import { afterEach, expect, test } from 'vitest'
import type { TrackKeeper, TrackPoint } from './ports.ts'
import { recordTracks, type TrackRecorder } from './record-tracks.ts'

/** A keeper whose connections the test holds in its hands. */
function keeper() {
  const connections: {
    sent: { sequence: number; recordedAtMs: number }[]
    acknowledge: (sequence: number) => void
    end: () => void
  }[] = []
  const open: TrackKeeper['open'] = signal => {
    const sent: (TrackPoint & { sequence: number })[] = []
    const acknowledged: number[] = []
    let ended = false
    let wake = () => {}
    signal.addEventListener('abort', () => {
      ended = true
      wake()
    })
    connections.push({
      sent,
      acknowledge: sequence => {
        acknowledged.push(sequence)
        wake()
      },
      end: () => {
        ended = true
        wake()
      },
    })
    return {
      send: async points => void sent.push(...points),
      durable: (async function* () {
        while (!ended) {
          for (let sequence = acknowledged.shift(); sequence !== undefined; sequence = acknowledged.shift())
            yield sequence
          if (!ended) await new Promise<void>(resolve => (wake = resolve))
        }
      })(),
    }
  }
  return { connections, open }
}

const point = (recordedAtMs: number): TrackPoint => ({
  walkId: 'w',
  userId: 'ann',
  position: new ExactPosition(48, -20),
  accuracyMeters: undefined,
  recordedAtMs,
  nearPlace: false,
})

let running: Running<TrackRecorder>
let clock: FakeClock
afterEach(async () => {
  const stopped = running.stop!(AbortSignal.timeout(1_000))
  await clock.advance(5_000)
  await stopped
})

async function start() {
  clock = fakeClock()
  const walk = keeper()
  let dropped = 0
  running = await recordTracks({
    keeper: walk,
    clock,
    log: silentLogger(),
    random: () => 0.5,
    dropped: points => (dropped += points),
  })('tracks')
  const recorder = running.value
  const record = (...times: number[]) => {
    const state = { done: false }
    void recorder.record(times.map(point)).then(() => (state.done = true))
    return state
  }
  return { ...walk, record, settle: () => clock.advance(0), dropped: () => dropped }
}

test('a record is done when it is durable, in whatever batch that is told', async () => {
  const { connections, record, settle } = await start()
  const one = record(1, 2)
  const two = record(3)
  await settle()
  expect(connections[0]!.sent.map(({ sequence, recordedAtMs }) => [sequence, recordedAtMs])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ])
  connections[0]!.acknowledge(2)
  await settle()
  expect([one.done, two.done]).toEqual([true, false])
  connections[0]!.acknowledge(3)
  await settle()
  expect(two.done).toBe(true)
})

test('after a second it is done all the same, and at once while the keeper is away', async () => {
  const { connections, record, settle } = await start()
  const slow = record(1)
  await clock.advance(999)
  expect(slow.done).toBe(false)
  await clock.advance(1)
  expect(slow.done).toBe(true)
  connections[0]!.end()
  await settle()
  const away = record(2)
  await settle()
  expect(away.done).toBe(true)
})

test('what was not durable when the connection ended is sent anew, from the first sequence on', async () => {
  const { connections, record, settle } = await start()
  record(1, 2, 3)
  await settle()
  connections[0]!.acknowledge(1)
  await settle()
  connections[0]!.end()
  await clock.advance(2_000)
  record(4)
  await settle()
  expect(connections[1]!.sent.map(({ sequence, recordedAtMs }) => [sequence, recordedAtMs])).toEqual([
    [1, 2],
    [2, 3],
    [3, 4],
  ])
  connections[1]!.acknowledge(3)
  await settle()
  const last = record(5)
  await settle()
  expect(last.done).toBe(false)
  connections[1]!.acknowledge(4)
  await settle()
  expect(last.done).toBe(true)
})

test('what has waited for ten minutes is given up, and counted', async () => {
  const { record, settle, dropped } = await start()
  record(1, 2)
  await settle()
  await clock.advance(10 * 60_000 + 1)
  record(3)
  await settle()
  expect(dropped()).toBe(2)
})
