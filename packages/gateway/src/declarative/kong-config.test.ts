import { describe, expect, test } from 'vitest'
import { KongConfigError, type KongConfigFault, parseKongConfig } from './kong-config.ts'

const yaml = `_format_version: "3.0"
plugins:
  - name: correlation-id
    config:
      header_name: X-Request-Id
      generator: uuid
consumers:
  - username: walkers
    jwt_secrets:
      - key: one
        algorithm: EdDSA
        rsa_public_key: |
          -----BEGIN PUBLIC KEY-----
          MCowBQYDK2VwAyEAgj0/SP7eGSK2zX8Cqsn6SZuL6WLyK1XTukQyTG3awYs=
          -----END PUBLIC KEY-----
services:
  - name: identity
    url: http://identity:3000
    routes:
      - name: login
        methods: [POST]
        paths: ['~/api/auth/login$']
        strip_path: false
        plugins:
          - name: rate-limiting
            config:
              minute: 10
              limit_by: header
              header_name: X-Limit-Key
              policy: local
`

const faultsOf = (text: string): readonly KongConfigFault[] => {
  try {
    parseKongConfig(text)
  } catch (error) {
    if (error instanceof KongConfigError) return error.faults
    throw error
  }
  return []
}

test('a sound file is taken', () => {
  expect(faultsOf(yaml)).toEqual([])
  expect(parseKongConfig(yaml).routes[0]).toMatchObject({
    name: 'login',
    service: { host: 'identity', port: 3000, retries: 5, readTimeoutMs: 60_000 },
  })
})

describe('the file is refused, by place and line, for', () => {
  const login = 'services[0] identity › routes[0] login'
  test.each<[what: string, find: string, replace: string, place: string, line: number, message: RegExp]>([
    [
      'an unknown plugin',
      '  - name: correlation-id',
      '  - name: acl',
      'plugins[0] acl',
      3,
      /does not implement this plugin/,
    ],
    [
      'a field of a plugin',
      '              policy: local',
      '              policy: local\n              sync_rate: 1',
      `${login} › plugins[0] rate-limiting › config.sync_rate`,
      31,
      /does not implement this field/,
    ],
    [
      'a value of a plugin',
      'policy: local',
      'policy: redis',
      `${login} › plugins[0] rate-limiting › config.policy`,
      30,
      /only local/,
    ],
    [
      'a field beside a plugin',
      '  - name: correlation-id',
      '  - name: correlation-id\n    consumer: walkers',
      'plugins[0] correlation-id › consumer',
      4,
      /does not implement this field/,
    ],
    [
      'a field of a route',
      'strip_path: false',
      'snis: [a]',
      `${login} › snis`,
      23,
      /does not implement this field/,
    ],
    [
      'a field of a service',
      'url: http://identity:3000',
      'url: http://identity:3000\n    tls_verify: true',
      'services[0] identity › tls_verify',
      19,
      /does not implement this field/,
    ],
    ['a section', 'services:', 'upstreams: []\nservices:', 'upstreams', 16, /does not implement this field/],
    ['an older format', '"3.0"', '"2.1"', '_format_version', 1, /3\.0/],
    [
      'https to a service',
      'http://identity:3000',
      'https://identity',
      'services[0] identity › url',
      18,
      /http:/,
    ],
    [
      'a regular expression without ~',
      "'~/api/auth/login$'",
      "'/api/(a|b)$'",
      `${login} › paths[0]`,
      22,
      /leading ~/,
    ],
    [
      'a regular expression that Kong reads otherwise',
      "'~/api/auth/login$'",
      "'~/api/\\d+$'",
      `${login} › paths[0]`,
      22,
      /another thing/,
    ],
    [
      'paths of several kinds in one route',
      "['~/api/auth/login$']",
      "['~/api/auth/login$', '/x']",
      `${login} › paths`,
      22,
      /of their own/,
    ],
    [
      'limits that contradict each other',
      'minute: 10',
      'minute: 10\n              hour: 5',
      `${login} › plugins[0] rate-limiting › config`,
      27,
      /hour cannot be lower/,
    ],
    [
      'no limit at all',
      '              minute: 10\n',
      '',
      `${login} › plugins[0] rate-limiting › config`,
      27,
      /at least one/,
    ],
    [
      'a key of another kind',
      'algorithm: EdDSA',
      'algorithm: ES256',
      'consumers[0] walkers › jwt_secrets[0] one › rsa_public_key',
      12,
      /not a key for ES256/,
    ],
    [
      'a secret instead of a key',
      'algorithm: EdDSA',
      'algorithm: HS256',
      'consumers[0] walkers › jwt_secrets[0] one › algorithm',
      11,
      /not implemented/,
    ],
    ['no YAML', 'plugins:', 'plugins: [', '(file)', 3, /./],
    [
      'two timers',
      'url: http://identity:3000',
      'url: http://identity:3000\n    read_timeout: 1',
      'services[0] identity › write_timeout',
      17,
      /must equal read_timeout/,
    ],
  ])('%s', (_what, find, replace, place, line, message) => {
    expect(yaml).toContain(find)
    const faults = faultsOf(yaml.replace(find, () => replace))
    expect(faults).toContainEqual({ place, line, message: expect.stringMatching(message) })
  })

  test('a second plugin of one name, a second route of one name', () => {
    expect(
      faultsOf(
        yaml.replace(
          'consumers:',
          '  - name: correlation-id\n    config: { header_name: X-Request-Id, generator: uuid }\nconsumers:',
        ),
      ),
    ).toEqual([{ place: 'plugins[1] correlation-id', line: 7, message: 'is the second of its name here' }])
    expect(faultsOf(`${yaml}routes:\n  - name: login\n    paths: [/]\n`)[0]?.message).toBe(
      'has two routes of the name login',
    )
  })

  test('every fault at once', () => {
    expect(
      faultsOf(yaml.replace('policy: local', 'policy: redis').replace('strip_path: false', 'snis: [a]')),
    ).toHaveLength(2)
  })
})
