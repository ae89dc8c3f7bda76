import { z } from 'zod'
import { type Answer, exit } from '../exchange.ts'
import { definePlugin } from './plugin.ts'

/** Checks signature and times of a bearer token: never who issued it, for whom, or whether its session lives. */
export const jwt = definePlugin({
  name: 'jwt',
  priority: 1_450,
  config: z.strictObject({
    key_claim_name: z.string().min(1).default('iss'),
    uri_param_names: z
      .tuple([], 'must be [], or Kong takes tokens from the address of a request')
      .default([]),
    claims_to_verify: z.array(z.enum(['exp', 'nbf'])).default([]),
    realm: z.string().optional(),
  }),
  create: ({ key_claim_name, claims_to_verify, realm }, { consumerKeys, now }) => {
    const challenge = realm === undefined ? 'Bearer' : `Bearer realm="${realm}"`
    const unauthorized = (message: string): Answer =>
      exit(401, message, [['WWW-Authenticate', `${challenge} error="invalid_token"`]])
    const signed = new Map<string, SignedToken>()

    /** The token with its key, or why it is refused; a phone sends the same one for ten minutes. */
    const check = (token: string): SignedToken | string => {
      const known = signed.get(token)
      if (known) return known
      const decoded = decodeToken(token)
      if (typeof decoded === 'string') return `Bad token; ${decoded}`
      const { header, claims } = decoded
      const keyName = claims[key_claim_name] ?? header[key_claim_name]
      if (keyName === undefined || keyName === null) return `No mandatory '${key_claim_name}' in claims`
      const key = typeof keyName === 'string' ? consumerKeys.get(keyName) : undefined
      if (typeof keyName !== 'string' || !key) return `No credentials found for given '${key_claim_name}'`
      if (header['alg'] !== key.algorithm) return 'Invalid algorithm'
      if (!key.verifies(decoded.signed, decoded.signature)) return 'Invalid signature'
      if (signed.size >= rememberedTokens) signed.delete(signed.keys().next().value!)
      const checked = { consumer: key.consumer, keyName, claims }
      signed.set(token, checked)
      return checked
    }

    return {
      access({ requestHeaders }) {
        const token = /\s*[Bb]earer\s+(.+)/.exec(requestHeaders.get('authorization') ?? '')?.[1]
        if (token === undefined) return exit(401, 'Unauthorized', [['WWW-Authenticate', challenge]])
        const checked = check(token)
        if (typeof checked === 'string') return unauthorized(checked)

        const nowSeconds = Math.floor(now() / 1_000)
        for (const name of claims_to_verify) {
          const claim = checked.claims[name]
          if (typeof claim !== 'number') return unauthorized(`${name} must be a number`)
          if (name === 'exp' && claim <= nowSeconds) return unauthorized('token expired')
          if (name === 'nbf' && claim > nowSeconds) return unauthorized('token not valid yet')
        }

        requestHeaders.set('X-Consumer-ID', checked.consumer)
        requestHeaders.set('X-Consumer-Username', checked.consumer)
        requestHeaders.set('X-Credential-Identifier', checked.keyName)
        requestHeaders.delete('X-Consumer-Custom-ID')
        requestHeaders.delete('X-Anonymous-Consumer')
        return undefined
      },
    }
  },
})

/** Tokens whose signature was found good lately. */
const rememberedTokens = 10_000

interface SignedToken {
  consumer: string
  keyName: string
  claims: Record<string, unknown>
}

interface Token {
  header: Record<string, unknown>
  claims: Record<string, unknown>
  signed: string
  signature: Buffer
}

/** The parts of a token, or why Kong calls it bad. */
function decodeToken(token: string): Token | string {
  const [header64 = '', claims64 = '', ...rest] = token.split('.')
  const signature = decodeBase64(rest.join('.'))
  const header = decodeObject(header64)
  const claims = decodeObject(claims64)
  if (!header || !claims) return 'invalid JSON'
  if (typeof header['alg'] !== 'string' || !knownAlgorithms.has(header['alg'])) return 'invalid alg'
  if (!signature) return 'invalid signature'
  return { header, claims, signed: `${header64}.${claims64}`, signature }
}

const knownAlgorithms = new Set(
  'HS256 HS384 HS512 RS256 RS384 RS512 ES256 ES384 ES512 PS256 PS384 PS512 EdDSA'.split(' '),
)

function decodeBase64(text: string): Buffer | undefined {
  return text !== '' && /^[\w+/-]*={0,2}$/.test(text) ? Buffer.from(text, 'base64url') : undefined
}

function decodeObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(decodeBase64(text)?.toString() ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
