import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { renderKongConfig } from './render-kong-config.ts'

const yaml = `_format_version: "3.0"
# why
plugins:
  - name: cors
    config:
      origins: [https://a.example, https://b.example] # pages
consumers:
  - username: walkers
    jwt_secrets:
      - key: placeholder
        algorithm: EdDSA
        rsa_public_key: x
services: []
`
const jwk = (kid: string | undefined, curve: 'ed25519' | 'P-256' | 'P-384' = 'ed25519') => {
  const { publicKey } =
    curve === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: curve })
  return { ...publicKey.export({ format: 'jwk' }), ...(kid === undefined ? {} : { kid }) }
}

describe('a rendered file', () => {
  test('has the keys of the set in place of the placeholder, and keeps its comments', () => {
    const rendered = renderKongConfig(yaml, { jwks: { keys: [jwk('new'), jwk('old', 'P-256')] } })
    expect(parse(rendered).consumers[0]).toMatchObject({
      username: 'walkers',
      jwt_secrets: [
        {
          key: 'new',
          algorithm: 'EdDSA',
          rsa_public_key: expect.stringMatching(
            /^-----BEGIN PUBLIC KEY-----\n[\s\S]+\n-----END PUBLIC KEY-----\n$/,
          ),
        },
        { key: 'old', algorithm: 'ES256' },
      ],
    })
    expect(rendered).toContain('# why')
    expect(rendered).toContain('# pages')
    expect(rendered).not.toContain('placeholder')
  })

  test('may name other pages, and where traces go', () => {
    const rendered = parse(
      renderKongConfig(yaml, {
        jwks: { keys: [jwk('a')] },
        origins: ['https://c.example', 'https://d.example'],
        tracesEndpoint: 'http://collector:4318/v1/traces',
      }),
    )
    expect(rendered.plugins[0].config.origins).toEqual(['https://c.example', 'https://d.example'])
    expect(rendered.plugins[1]).toEqual({
      name: 'opentelemetry',
      config: { traces_endpoint: 'http://collector:4318/v1/traces' },
    })
  })

  test('is not made of no key, a private one, one without a name or of another kind', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    expect(() => renderKongConfig(yaml, { jwks: { keys: [] } })).toThrow('empty')
    expect(() =>
      renderKongConfig(yaml, { jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'p' }] } }),
    ).toThrow('The key p is private.')
    expect(() => renderKongConfig(yaml, { jwks: { keys: [jwk(undefined)] } })).toThrow('no kid')
    expect(() => renderKongConfig(yaml, { jwks: { keys: [jwk('c', 'P-384')] } })).toThrow(
      'neither Ed25519 nor P-256',
    )
  })
})
