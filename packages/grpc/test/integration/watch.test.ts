import { type Part, systemClock } from '@walking-buddy/service-kit'
import { silentLogger } from '@walking-buddy/telemetry'
import { until } from '@walking-buddy/testkit'
import { afterEach, expect, test } from 'vitest'
import { type Watch, type WatchFeed, type WatchFrame, watch, watchFeed } from '../../src/index.ts'

type Frame = WatchFrame<number>

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})
async function start<T>(part: Part<T>): Promise<T> {
  const { value, stop } = await part('watch')
  if (stop) stops.push(() => stop(new AbortController().signal))
  return value
}

/** A store with changes, a feed that reads it, and streams that can be cut. */
async function setUp() {
  const store = { rows: [] as number[], down: false }
  const read = async () => {
    if (store.down) throw new Error('down')
    return store.rows
  }
  const feed: WatchFeed<Frame> = await start(
    watchFeed<number, Frame>({
      snapshot: read,
      recent: read,
      idOf: String,
      frames: {
        change: change => ({ kind: 'change', change }),
        snapshotEnd: () => ({ kind: 'snapshot-end' }),
        beat: () => ({ kind: 'beat' }),
      },
      beatMs: 50,
      clock: systemClock,
      log: silentLogger(),
    }),
  )
  let cut = new AbortController()
  async function* open(signal: AbortSignal): AsyncIterable<Frame> {
    const ended = AbortSignal.any([signal, cut.signal])
    const queue: Frame[] = []
    let wake = () => {}
    const serving = feed.serve(async frame => {
      queue.push(frame)
      wake()
    }, ended)
    ended.addEventListener('abort', () => wake())
    while (!ended.aborted) {
      yield* queue.splice(0)
      await new Promise<void>(resolve => {
        wake = resolve
        if (queue.length > 0 || ended.aborted) resolve()
      })
    }
    await serving
    throw new Error('cut')
  }
  const seen: number[] = []
  let snapshots = 0
  const watching: Watch = await start(
    watch<Frame, number>({
      open,
      read: frame => frame,
      snapshotStart: () => void snapshots++,
      change: change => void seen.push(change),
      snapshotEnd: () => {},
      clock: systemClock,
      log: silentLogger(),
    }),
  )
  return {
    store,
    feed,
    seen,
    watching,
    snapshots: () => snapshots,
    cut: () => {
      cut.abort()
      cut = new AbortController()
    },
  }
}

test('a change is seen at once when the feed is woken, and once', async () => {
  const { store, feed, seen, watching } = await setUp()
  await until(() => watching.fresh())
  store.rows.push(1)
  feed.wake()
  await until(() => seen.includes(1))
  await until(() => watching.fresh())
  expect(seen.filter(change => change === 1)).toHaveLength(1)
})

test('without the store there is no beat, and the watch stops being fresh within little more than a second', async () => {
  const { store, watching } = await setUp()
  await until(() => watching.fresh())
  store.down = true
  const startedMs = performance.now()
  await until(() => !watching.fresh())
  expect(performance.now() - startedMs).toBeLessThan(2_000)
  store.down = false
  await until(() => watching.fresh())
})

test('after a cut everything since is in the next snapshot', async () => {
  const { store, seen, watching, snapshots, cut } = await setUp()
  await until(() => watching.fresh())
  cut()
  store.rows.push(7)
  await until(() => snapshots() > 1 && watching.fresh())
  expect(seen).toContain(7)
})
