import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { startWorld, until } from './component/harness.ts'

const world = await startWorld()
const users = Array.from({ length: 5_000 }, () => randomUUID())
for (const u of users) world.identity.consent(u, true)
const child = spawn(
  process.execPath,
  [...(process.env.BENCH_FLAGS ?? '--max-semi-space-size=4').split(' '), new URL('../src/main.ts', import.meta.url).pathname],
  {
    env: { ...process.env, ...world.env, GRPC_PORT: '45123', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'inherit'],
  },
)
const client = await world.clientOf('127.0.0.1:45123', 'realtime')
const end = new AbortController()
await until(() => client.setAvailability({ userId: randomUUID(), available: false }).then(() => true), {
  withinMs: 60_000,
})
await new Promise(r => setTimeout(r, 3000))
const call = client.streamPositions({ signal: end.signal })
let results = 0
const bad = new Map<string, number>()
void (async () => {
  for await (const { message } of call.responses)
    if (message?.$case === 'results') {
      results += message.value.results.length
      for (const r of message.value.results) if (r.code) bad.set(r.code, (bad.get(r.code) ?? 0) + 1)
    }
})()
let seq = 0
const batch = (from: number, n: number, round: number) => ({
  message: {
    $case: 'reports' as const,
    value: {
      reports: Array.from({ length: n }, (_, i) => ({
        sequence: ++seq,
        userId: users[(from + i) % users.length]!,
        lat: 48 + ((from + i) % users.length) * 1e-4 + round * 1e-5,
        lng: -20,
        accuracyMeters: 8,
        recordedAt: new Date(),
        sentAt: new Date(),
      })),
    },
  },
})
const cpu = () => {
  const s = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ')
  return (Number(s[13]) + Number(s[14])) * 10
}
const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024
console.log('rss before load', rss().toFixed(0))
let t0 = performance.now(),
  c0 = cpu()
for (let f = 0; f < users.length; f += 250) await call.send(batch(f, 250, 0))
await until(() => results >= users.length, { withinMs: 60_000 })
console.log(
  'first positions',
  ((users.length / (performance.now() - t0)) * 1000).toFixed(0),
  '/s, cpu us/op',
  (((cpu() - c0) * 1000) / users.length).toFixed(0),
  'rss',
  rss().toFixed(0),
  bad,
)
for (const size of [50, 250, 500]) {
  results = 0
  t0 = performance.now()
  c0 = cpu()
  const total = 150_000
  let sent = 0
  for (let round = 1; sent < total; round++)
    for (let f = 0; f < users.length && sent < total; f += size) {
      await call.send(batch(f, size, round))
      sent += size
      while (sent - results > 8 * size) await new Promise(r => setImmediate(r))
    }
  await until(() => results >= sent, { withinMs: 60_000 })
  const wall = performance.now() - t0
  console.log(
    `batch ${size}: ${((sent / wall) * 1000).toFixed(0)}/s wall, cpu ${(((cpu() - c0) * 1000) / sent).toFixed(2)} us/position = ${(1e6 / (((cpu() - c0) * 1000) / sent)).toFixed(0)}/s/core, rss ${rss().toFixed(0)} MB`,
    bad,
  )
}
console.log('told', world.updates.length)
c0 = cpu()
t0 = performance.now()
await new Promise(r => setTimeout(r, 15_000))
console.log(
  'idle with 5000 people: cpu %',
  (((cpu() - c0) / (performance.now() - t0)) * 100).toFixed(2),
  'rss',
  rss().toFixed(0),
)
end.abort()
child.kill('SIGTERM')
await new Promise(r => child.once('exit', r))
await world.stop()
process.exit(0)
