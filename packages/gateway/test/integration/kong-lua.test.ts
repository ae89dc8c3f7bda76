import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseKongConfig } from '../../src/declarative/kong-config.ts'
import { createEdge, createEdgeState } from '../../src/edge.ts'
import type { Exchange } from '../../src/exchange.ts'
import { HeaderList } from '../../src/http/header-list.ts'
import { noBody } from '../../src/http/request-body.ts'
import { base64url, issuer, kongYaml, userId } from '../gateway-under-test.ts'

const sources: Record<string, string[]> = parse(kongYaml).plugins[0].config
const lua = ['luajit', 'lua5.1'].find(program => spawnSync(program, ['-v']).status === 0)
if (lua === undefined)
  console.warn('skipped in part: neither luajit nor lua5.1 is installed (apt-get install luajit)')

/** As much of the PDK as kong.yml needs, for Lua 5.1: says which headers were cleared and set, or the status of an exit. */
const harness = `
local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local function decode(text)
  if #text % 4 ~= 0 or not text:find("^[%w+/]*=?=?$") then return nil end
  local bits, count, out = 0, 0, {}
  for c in text:gmatch("[^=]") do
    bits, count = (bits * 64 + alphabet:find(c, 1, true) - 1) % 16777216, count + 6
    if count >= 8 then
      count = count - 8
      out[#out + 1] = string.char(math.floor(bits / 2 ^ count) % 256)
    end
  end
  return table.concat(out)
end
local headers, set = {}, {}
for name, value in os.getenv("HEADERS"):gmatch("([^\\n\\t]+)\\t([^\\n]*)") do headers[name:lower()] = value end
kong = {
  request = { get_header = function(name) return headers[name:lower()] end },
  service = { request = {
    clear_header = function(name) headers[name:lower()] = nil end,
    set_header = function(name, value) headers[name:lower()] = value set[#set + 1] = name .. "=" .. value end,
  } },
  router = { get_route = function() return { tags = os.getenv("TAG") ~= "" and { "core", os.getenv("TAG") } or nil } end },
  client = { get_forwarded_ip = function() return os.getenv("ADDRESS") end },
  response = { exit = function(status) print("exit " .. status) os.exit(0) end },
  ctx = { shared = {} },
}
ngx = { decode_base64 = decode, var = {} }
assert(loadstring(io.read("*a")))()()
print(table.concat(set, " "))
`

interface Case {
  address?: string
  tag?: string
  headers?: Record<string, string>
}

/** What the access phase does, in Lua 5.1. */
function inLua51({ address = '192.0.2.7', tag = '', headers = {} }: Case): string {
  const ran = spawnSync(lua!, ['-e', harness], {
    input: sources['access']![0],
    encoding: 'utf8',
    env: {
      ADDRESS: address,
      TAG: tag,
      HEADERS: Object.entries(headers)
        .map(pair => pair.join('\t'))
        .join('\n'),
    },
  })
  expect(ran.stderr).toBe('')
  return ran.stdout.trim()
}

const edge = await createEdge(parseKongConfig(kongYaml), createEdgeState(undefined), {
  now: Date.now,
  limitScale: 1,
  onFault: error => {
    throw error
  },
})

/** The same in the local gateway. */
async function inGateway({ address = '192.0.2.7', tag = '', headers = {} }: Case): Promise<string> {
  const requestHeaders = new HeaderList(Object.entries(headers).flat())
  const path = tag === 'auth' ? '/api/users/me' : '/api/client-config'
  const exchange: Exchange = {
    id: '0'.repeat(32),
    method: 'GET',
    clientAddress: address,
    requestHeaders,
    body: noBody,
    route: edge.router.match('GET', path, requestHeaders)!.route,
    answerHeaders: new HeaderList(),
  }
  const answer = await edge.access(exchange)
  const key = requestHeaders.get('x-limit-key')
  // Tokens of this test are signed by nobody, so that jwt refuses them after the Lua has run.
  if (answer && key === undefined) return `exit ${answer.status}`
  return [
    requestHeaders.has('x-user-id') ? [`X-User-Id=${requestHeaders.get('x-user-id')}`] : [],
    `X-Limit-Key=${key}`,
  ]
    .flat()
    .join(' ')
}

const token = issuer().token()
const unsigned = (claims: unknown): string =>
  `Bearer ${base64url({ alg: 'EdDSA', kid: 'placeholder' })}.${base64url(claims)}.AAAA`

const cases: [what: string, given: Case, expected: string][] = [
  ['an IPv4 address counts as it is', { address: '203.0.113.9' }, 'X-Limit-Key=a:203.0.113.9'],
  [
    'an IPv4 address in IPv6 dress counts as IPv4',
    { address: '::ffff:203.0.113.9' },
    'X-Limit-Key=a:203.0.113.9',
  ],
  ['an IPv6 address counts as its /64', { address: '2001:db8:1:2:3:4:5:6' }, 'X-Limit-Key=a:2001:db8:1:2::'],
  ['a shortened IPv6 address counts as its /64', { address: '2001:db8::6' }, 'X-Limit-Key=a:2001:db8:0:0::'],
  ['zeros inside the first half are found', { address: '1::3:4:5:6:7:8' }, 'X-Limit-Key=a:1:0:3:4::'],
  ['the loopback address is an address', { address: '::1' }, 'X-Limit-Key=a:0:0:0:0::'],
  ['what is no address counts as it is', { address: 'unix:' }, 'X-Limit-Key=a:unix:'],
  [
    "a client's own limit key counts for nothing",
    { headers: { 'X-Limit-Key': 'u:victim' } },
    'X-Limit-Key=a:192.0.2.7',
  ],
  [
    'a token gives the person',
    { tag: 'auth', headers: { Authorization: `Bearer ${token}` } },
    `X-User-Id=${userId} X-Limit-Key=u:${userId}`,
  ],
  [
    'claims of any length are decoded',
    { tag: 'auth', headers: { Authorization: unsigned({ sub: 'ab', x: '~~??>>' }) } },
    'X-User-Id=ab X-Limit-Key=u:ab',
  ],
  ['no token is refused', { tag: 'auth' }, 'exit 401'],
  [
    'a word before Bearer is refused',
    { tag: 'auth', headers: { Authorization: `Foo Bearer ${token}` } },
    'exit 401',
  ],
  [
    'a word after the token is refused',
    { tag: 'auth', headers: { Authorization: `Bearer ${token} x` } },
    'exit 401',
  ],
  ['a token of two parts is refused', { tag: 'auth', headers: { Authorization: 'Bearer a.b' } }, 'exit 401'],
  [
    'a token of four parts is refused',
    { tag: 'auth', headers: { Authorization: `Bearer ${token}.x` } },
    'exit 401',
  ],
  [
    'a token of no base64 is refused',
    { tag: 'auth', headers: { Authorization: 'Bearer a.***.c' } },
    'exit 401',
  ],
  ['an empty token is refused', { tag: 'auth', headers: { Authorization: 'Bearer ' } }, 'exit 401'],
  [
    'a subject with other signs is refused',
    { tag: 'auth', headers: { Authorization: unsigned({ sub: 'a\nb' }) } },
    'exit 401',
  ],
  [
    'a subject that is too long is refused',
    { tag: 'auth', headers: { Authorization: unsigned({ sub: 'a'.repeat(65) }) } },
    'exit 401',
  ],
  [
    'a subject that is no text is refused',
    { tag: 'auth', headers: { Authorization: unsigned({ sub: 7 }) } },
    'exit 401',
  ],
]

describe('the Lua of kong.yml', () => {
  test
    .skipIf(lua === undefined)
    .each(Object.entries(sources).flatMap(([phase, list]) => list.map(source => [phase, source] as const)))(
    '%s compiles in Lua 5.1',
    (_phase, source) => {
      const compiled = spawnSync(lua!, ['-e', 'assert(loadstring(io.read("*a")))'], {
        input: source,
        encoding: 'utf8',
      })
      expect([compiled.status, compiled.stderr]).toEqual([0, ''])
    },
  )

  test.skipIf(lua === undefined).each(cases)('in Lua 5.1 (Kong): %s', (_what, given, expected) => {
    expect(inLua51(given)).toBe(expected)
  })

  test.each(cases)('in Lua 5.4 (local gateway): %s', async (_what, given, expected) => {
    expect(await inGateway(given)).toBe(expected)
  })
})
