import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testAccess } from '@walking-buddy/access/testing'
import { createScope } from '@walking-buddy/service-kit'
import { silentLogger } from '@walking-buddy/telemetry'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { phone, type WalkJson } from '../support/phone.ts'
import { type World, world } from '../support/world.ts'

const rounds = 3
const clients = 200

let w: World
let httpPort: number
let service: ChildProcess | undefined
const scope = createScope(silentLogger())
const access = await testAccess()

beforeAll(async () => {
  w = await world()
  // The process under test is one of its own; the composed one would only get in its way.
  await w.process.stop()
  httpPort = await freePort()
})
afterAll(async () => {
  service?.kill('SIGKILL')
  await scope.stop(5_000)
  await w?.stop()
})

const url = (): string => `http://127.0.0.1:${httpPort}`

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>(resolve => server.close(() => resolve()))
  return port
}

/** Identity's published keys. */
async function jwksUrl(): Promise<string> {
  return scope.start('jwks', async () => {
    const server = createServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(access.jwks)),
    )
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return {
      value: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
      stop: async () => {
        server.closeAllConnections()
        await new Promise<void>(resolve => server.close(() => resolve()))
      },
    }
  })
}

async function run(env: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: new URL('../../', import.meta.url),
    env: { PATH: process.env['PATH'], ...env, LOG_LEVEL: 'fatal' },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await until(async () => (await fetch(`${url()}/api/walks`)).status === 401, { withinMs: 20_000 })
  return child
}

it(`clients who race while the process is killed are told the truth, ${rounds} times: acknowledged is committed`, async () => {
  const env = { ...w.env, HTTP_PORT: String(httpPort), JWKS_URL: await jwksUrl() }
  const phones = () =>
    Promise.all([w.town.newcomer(), w.town.newcomer()].map(({ userId }) => phone(url, access, userId)))
  let acknowledged = 0
  service = await run(env)
  for (let round = 0; round < rounds; round++) {
    const [anna, ben] = await phones()
    w.town.list(anna!.userId, ben!.userId)
    const { id } = (await anna!.request(ben!.userId)).body as WalkJson
    let answered = 0
    const racing = Array.from({ length: clients }, async (_, i) => {
      const wish = i % 2 === 0 ? 'accept' : 'decline'
      const answer = await ben!.put(id, wish).catch(() => undefined)
      answered += answer ? 1 : 0
      return { wish, answer }
    })
    // In the middle of it: after the first answers, or just before.
    if (round > 0) await until(() => answered >= round * 5)
    service!.kill('SIGKILL')
    const told = await Promise.all(racing)
    service = await run(env)
    const { status } = await anna!.walk(id)
    for (const { wish, answer } of told) {
      if (!answer) continue
      acknowledged += 1
      const done = wish === 'accept' ? 'accepted' : 'declined'
      if (answer.status === 200) expect([done, (answer.body as WalkJson).status]).toEqual([status, status])
      else expect([answer.status, status === done]).toEqual([409, false])
    }
    // Whoever got no answer asks again, and is told.
    const again = await ben!.put(id, 'accept')
    expect(again.status).toBe(status === 'declined' ? 409 : 200)
  }
  expect(acknowledged).toBeGreaterThan(0)
}, 60_000)
