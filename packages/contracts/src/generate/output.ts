import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Root of the repository. */
const root = resolve(import.meta.dirname, '../../../..')
/** Where the protos and their tables are. */
export const protoFolder = join(root, 'proto')
const genFolder = join(import.meta.dirname, '../gen')
const bin = (path: string) => join(import.meta.dirname, '../../node_modules', path)

/** Runs buf; its complaints go to the terminal. @throws Error when it finds fault */
export function runBuf(args: readonly string[]): void {
  try {
    execFileSync(bin('.bin/buf'), args, { stdio: 'inherit', cwd: root })
  } catch {
    throw new Error(`buf ${args[0]} found fault with the protos`)
  }
}

const tsProtoOptions = [
  'esModuleInterop=true',
  'outputServices=grpc-js',
  'env=node',
  'useDate=true',
  'forceLong=bigint',
  'oneof=unions-value',
  'enumsAsLiterals=true',
  'removeEnumPrefix=true',
  'unrecognizedEnum=false',
  'importSuffix=.ts',
  'useOptionals=messages',
  'useExactTypes=false',
  'exportCommonSymbols=false',
]

/** TypeScript of all protos, into src/gen. */
export function generateProtos(): void {
  const template = {
    version: 'v2',
    clean: true,
    plugins: [
      { local: ['node', bin('ts-proto/protoc-gen-ts_proto')], out: '.', opt: tsProtoOptions.join(',') },
    ],
  }
  mkdirSync(genFolder, { recursive: true })
  runBuf(['generate', '--template', JSON.stringify(template), '--output', genFolder, protoFolder])
}

/** Writes a git-ignored file under src/gen. */
export function generated(name: string, text: string): void {
  mkdirSync(genFolder, { recursive: true })
  writeFileSync(join(genFolder, name), text)
}

/** Writes a committed file; with `check` gives its path where it differs from what would be written. */
export function committed(path: string, text: string, check: boolean): string | undefined {
  const file = join(root, path)
  if (check) return existsSync(file) && readFileSync(file, 'utf8') === text ? undefined : path
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return undefined
}
