import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Root of the repository. */
export const root = resolve(import.meta.dirname, '../../../..')
export const protoFolder = join(root, 'proto')
const genFolder = join(import.meta.dirname, '../gen')

/** Runs buf on the contracts; code lands in src/gen. */
export function runBuf(args: readonly string[]): void {
  const buf = join(import.meta.dirname, '../../node_modules/.bin/buf')
  mkdirSync(genFolder, { recursive: true })
  execFileSync(buf, [...args, '--output', genFolder, protoFolder], { stdio: 'inherit', cwd: root })
}

/** Writes a git-ignored file under src/gen. */
export function generated(name: string, text: string): void {
  mkdirSync(genFolder, { recursive: true })
  writeFileSync(join(genFolder, name), text)
}

/** Writes a committed file, or with `--check` gives its path where it differs from what would be written. */
export function committed(path: string, text: string, flags: readonly string[]): string | undefined {
  const file = join(root, path)
  if (flags.includes('--check'))
    return existsSync(file) && readFileSync(file, 'utf8') === text ? undefined : path
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return undefined
}
