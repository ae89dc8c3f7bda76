import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WalkServiceService, walkCallers } from '@walking-buddy/contracts/grpc/walk'
import { grpcClient, serviceTokens } from '@walking-buddy/grpc'
import { createScope, secret, systemClock } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import { testAccess, until } from '@walking-buddy/testkit'
import { phone } from './phone.ts'
import { world } from './world.ts'
import { serviceSecret } from './town.ts'

const entry = process.argv[2] ?? 'src/main.ts'
const w = await world()
await w.process.stop()
const access = await testAccess()
const jwks = createServer((_q, s) => s.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(access.jwks)))
await new Promise<void>(r => jwks.listen(0, '127.0.0.1', r))
const env = { ...w.env, HTTP_PORT: '23801', GRPC_PORT: '23802', OPS_PORT: '23803', PROPAGATION_MS: '200', JWKS_URL: `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/`, LOG_LEVEL: 'info' }
const t0 = performance.now()
const child = spawn(process.execPath, ['--max-semi-space-size=4', '--optimize-for-size', entry], { cwd: new URL('../../', import.meta.url), env: { PATH: process.env['PATH'], MALLOC_ARENA_MAX: '2', NODE_COMPILE_CACHE: '/tmp/exp/cc4', NODE_ENV: 'production', ...env, LOG_LEVEL: 'fatal' }, stdio: ['ignore', 'inherit', 'inherit'] })
const url = () => 'http://127.0.0.1:23801'
await until(async () => (await fetch(`${url()}/api/walks`)).status === 401)
console.log('up after ms', Math.round(performance.now() - t0))
const rss = () => readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)![1]
const cpu = () => { const f = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' '); return (Number(f[13]) + Number(f[14])) * 10 }
const scope = createScope(silentLogger())
for (const s of ['location', 'matching', 'realtime']) {
  const c = await scope.start(s, grpcClient(WalkServiceService, walkCallers, { service: 'walk', address: '127.0.0.1:23802' }, { tokens: serviceTokens({ service: s, secret: secret().parse(serviceSecret), clock: systemClock }), metrics: createMetrics({ service: s }), clock: systemClock }))
  void (async () => { for await (const _ of c.watchWalks({}, { signal: new AbortController().signal })) {} })().catch(() => {})
}
await new Promise(r => setTimeout(r, 8000))
let c0 = cpu(); await new Promise(r => setTimeout(r, 4000))
console.log((await (await fetch('http://127.0.0.1:23803/metrics')).text()).split('\n').filter(l=>/^(nodejs_heap_space_size_used|nodejs_heap_size_(total|used)|nodejs_external|process_resident)/.test(l)).map(l=>l.replace(/service="walk",?/,'')).join('\n'));const maps = readFileSync(`/proc/${child.pid}/smaps`, 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/).map(x => ({ h: x.split('\n')[0]!, rss: Number(/Rss:\s+(\d+)/.exec(x)?.[1] ?? 0), size: Number(/Size:\s+(\d+)/.exec(x)?.[1] ?? 0) })).sort((a, b) => b.rss - a.rss)
for (const m of maps.slice(0, 14)) console.log(m.rss, m.size, m.h.slice(0, 100))
console.log(readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/Rss\w+:\s+\d+/g))
console.log('idle cpu ms/s', (cpu() - c0) / 4, 'rss kB', rss())
child.kill('SIGTERM')
const t1 = performance.now()
const code = await new Promise(r => child.once('exit', r))
console.log('SIGTERM exit', code, Math.round(performance.now() - t1), 'ms')
await scope.stop(2000); jwks.close(); await w.stop(); process.exit(0)
