import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { dataFiles } from './data-files.ts'

/** Secrets of this installation, made at its first start. In Kubernetes they come from Secrets instead. */
export interface Secrets {
  serviceToken: string
  identity: string
  /** `<id>:<32 bytes in base64>`. */
  placesKey: string
}

/** Reads the secrets, or makes them; a name that is new since then is added. */
export function secretsOf(dataDir: string): Secrets {
  const { secrets } = dataFiles(dataDir)
  const known = readJson<Partial<Secrets>>(secrets) ?? {}
  const text = () => randomBytes(36).toString('base64url')
  const all: Secrets = {
    serviceToken: known.serviceToken ?? text(),
    identity: known.identity ?? text(),
    placesKey: known.placesKey ?? `1:${randomBytes(32).toString('base64')}`,
  }
  if (Object.keys(all).length !== Object.keys(known).length)
    writePrivate(secrets, JSON.stringify(all, null, 2))
  return all
}

/** The private keys that access tokens are signed with (JWK set in a file), made at the first start. @returns the public ones */
export function signingKeysOf(dataDir: string): { keys: Record<string, unknown>[] } {
  const { signingKeys } = dataFiles(dataDir)
  let set = readJson<{ keys: Record<string, unknown>[] }>(signingKeys)
  if (!set) {
    const { privateKey } = generateKeyPairSync('ed25519')
    set = { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'EdDSA', use: 'sig' }] }
    writePrivate(signingKeys, JSON.stringify(set, null, 2))
  }
  return { keys: set.keys.map(({ d: _private, ...open }) => open) }
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`${file} cannot be read; delete it to make it anew (all sessions end then)`, {
      cause: error,
    })
  }
}

function writePrivate(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
