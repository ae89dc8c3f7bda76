import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { isMap, isSeq, parseDocument } from 'yaml'

/** RFC 7517; private members are refused. */
export interface JsonWebKeySet {
  keys: readonly JsonWebKey[]
}

export interface RenderOptions {
  /** The public keys of identity: what `/.well-known/jwks.json` answers. */
  jwks: JsonWebKeySet
  /** Pages that may call from a browser, in place of those in the file; an entry with other signs than `A-Za-z0-9.:/-` is a regular expression. */
  origins?: readonly string[]
  /** OTLP/HTTP, `http://collector:4318/v1/traces`: adds the opentelemetry plugin, which only a real Kong runs. */
  tracesEndpoint?: string
}

/**
 * Puts the keys that a deployment signs with in the place of the placeholder's, and keeps all else with its comments.
 * @throws Error when a key has no `kid`, is private, or is neither Ed25519 nor P-256
 */
export function renderKongConfig(yamlText: string, { jwks, origins, tracesEndpoint }: RenderOptions): string {
  if (jwks.keys.length === 0) throw new Error('The key set is empty: nobody could sign in.')
  const document = parseDocument(yamlText)
  const consumers = document.get('consumers')
  const withKeys = isSeq(consumers)
    ? consumers.items.filter(item => isMap(item) && item.has('jwt_secrets'))
    : []
  const consumer = withKeys[0]
  if (withKeys.length !== 1 || !isMap(consumer))
    throw new Error('The file must have one consumer with jwt_secrets.')
  consumer.set('jwt_secrets', document.createNode(jwks.keys.map(asJwtSecret)))

  const plugins = document.get('plugins')
  if (!isSeq(plugins)) throw new Error('The file must have plugins.')
  if (origins) {
    const cors = plugins.items.find(item => isMap(item) && item.get('name') === 'cors')
    if (!isMap(cors)) throw new Error('The file must have the cors plugin.')
    cors.setIn(['config', 'origins'], document.createNode(origins))
  }
  if (tracesEndpoint !== undefined)
    plugins.add(document.createNode({ name: 'opentelemetry', config: { traces_endpoint: tracesEndpoint } }))
  return document.toString({ lineWidth: 0 })
}

function asJwtSecret(jwk: JsonWebKey): { key: string; algorithm: 'EdDSA' | 'ES256'; rsa_public_key: string } {
  const kid = jwk['kid']
  if (typeof kid !== 'string' || kid === '') throw new Error('A key of the set has no kid.')
  if (jwk.d !== undefined) throw new Error(`The key ${kid} is private.`)
  const algorithm = jwk.crv === 'Ed25519' ? 'EdDSA' : jwk.crv === 'P-256' ? 'ES256' : undefined
  if (!algorithm) throw new Error(`The key ${kid} is neither Ed25519 nor P-256.`)
  return {
    key: kid,
    algorithm,
    rsa_public_key: createPublicKey({ key: jwk, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString(),
  }
}
