import { readFile } from 'node:fs/promises'
import { type CryptoKey, importJWK, type JWK } from 'jose'
import { z } from 'zod'

/** The private keys as they lie in the file: `{ "keys": [...] }`, the first of which signs. */
const keyFile = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.base64url(),
        d: z.base64url(),
        kid: z.string().min(1).max(64),
      }),
    )
    .min(1)
    .refine(keys => new Set(keys.map(key => key.kid)).size === keys.length, 'two keys have the same kid'),
})

export interface SigningKeys {
  kid: string
  privateKey: CryptoKey
  /** Public halves of all, for `/.well-known/jwks.json`. */
  published: JWK[]
}

/** @throws Error naming what is wrong with the file, never what is in it */
export async function readSigningKeys(path: string): Promise<SigningKeys> {
  const text = await readFile(path, 'utf8')
  const parsed = keyFile.safeParse(parseJson(text))
  if (!parsed.success)
    throw new Error(
      `signing keys: ${parsed.error.issues.map(i => `${i.path.join('.')} ${i.message}`).join('; ')}`,
    )
  const [first] = parsed.data.keys
  return {
    kid: first!.kid,
    privateKey: (await importJWK({ ...first!, alg: 'EdDSA' })) as CryptoKey,
    published: parsed.data.keys.map(({ kty, crv, x, kid }) => ({
      kty,
      crv,
      x,
      kid,
      alg: 'EdDSA',
      use: 'sig',
    })),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
