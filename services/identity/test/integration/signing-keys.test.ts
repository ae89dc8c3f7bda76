import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSigningKeys } from '../../src/adapters/outbound/jose/signing-keys.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signing-keys-'))
})
afterAll(() => rm(folder, { recursive: true }))

const written = async (text: string): Promise<string> => {
  const path = join(folder, `${crypto.randomUUID()}.json`)
  await writeFile(path, text)
  return path
}
const newKey = async (kid: string) => {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  return { ...(await exportJWK(privateKey)), kid }
}

test('the first key signs, and of all the public halves alone are published', async () => {
  const keys = [await newKey('new'), await newKey('old')]
  const { kid, published } = await readSigningKeys(await written(JSON.stringify({ keys })))
  expect(kid).toBe('new')
  expect(published).toEqual(
    keys.map(({ kty, crv, x, kid }) => ({ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' })),
  )
})

test('a file that cannot be right is refused, without a word of what is in it', async () => {
  const key = await newKey('a')
  const rsa = await exportJWK((await generateKeyPair('RS256', { extractable: true })).privateKey)
  const { d: _, ...publicKey } = key
  for (const content of [
    '{',
    '{}',
    '{"keys":[]}',
    JSON.stringify({ keys: [publicKey] }),
    JSON.stringify({ keys: [{ ...rsa, kid: 'r' }] }),
    JSON.stringify({ keys: [key, { ...(await newKey('a')) }] }),
    JSON.stringify({ keys: [{ ...key, kid: '' }] }),
  ]) {
    const refusal = await readSigningKeys(await written(content)).catch(error => error)
    expect(refusal).toBeInstanceOf(Error)
    expect(refusal.message).toMatch(/^signing keys: /)
    expect(refusal.message).not.toContain(key.d)
  }
})
