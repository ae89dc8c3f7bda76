import { createPublicKey, type KeyObject, verify } from 'node:crypto'

/** Public keys by their name in the file, which is the `kid` of tokens. */
export type ConsumerKeys = ReadonlyMap<string, ConsumerKey>

export interface ConsumerKey {
  consumer: string
  algorithm: 'EdDSA' | 'ES256'
  verifies(signed: string, signature: Buffer): boolean
}

/** @throws Error when the PEM holds no public key of the algorithm */
export function consumerKey(consumer: string, algorithm: ConsumerKey['algorithm'], pem: string): ConsumerKey {
  const key = publicKeyOf(algorithm, pem)
  return {
    consumer,
    algorithm,
    verifies: (signed, signature) =>
      algorithm === 'EdDSA'
        ? verify(null, Buffer.from(signed), key, signature)
        : signature.length === 64 &&
          verify('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, signature),
  }
}

function publicKeyOf(algorithm: ConsumerKey['algorithm'], pem: string): KeyObject {
  if (/PRIVATE KEY/.test(pem)) throw new Error('is a private key')
  const key = createPublicKey(pem)
  const fits =
    algorithm === 'EdDSA'
      ? key.asymmetricKeyType === 'ed25519'
      : key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  if (!fits) throw new Error(`is not a key for ${algorithm}`)
  return key
}
