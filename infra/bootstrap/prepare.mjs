/** Brings a bare clone to the point where TypeScript runs: dependencies, Node 24, generated code, bundles. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NODE, ROOT } from './places.mjs'
import { capture } from './run.mjs'

const MIN_NODE_MAJOR = 20
const STAMP = join(ROOT, 'node_modules/.installed')
const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

export async function prepare() {
  assertNode()
  await install()
  await pnpm(['run', 'generate'], 'Generating code from the contracts failed.', { quiet: true })
  await pnpm(['run', 'build'], 'Bundling the services failed.', { quiet: true })
}

/** Runs pnpm in the version that the repository names; `npx` fetches it once. */
export async function pnpm(args, complaint, { quiet = false } = {}) {
  const { code, output } = await capture('npx', ['--yes', packageManager, ...args], { quiet })
  if (code === 0) return
  if (quiet) process.stderr.write(output)
  fail(`${complaint}\n${advice(output)}`)
}

function assertNode() {
  const major = Number(process.versions.node.split('.')[0])
  if (major >= MIN_NODE_MAJOR) return
  fail(
    `Node ${MIN_NODE_MAJOR} or newer is needed, and this is ${process.version}. Get it from https://nodejs.org`,
  )
}

/** Does nothing when what is installed is what the lockfile and the manifests ask for. */
async function install() {
  const wanted = fingerprint()
  if (existsSync(NODE) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return
  console.log('Installing dependencies')
  rmSync(STAMP, { force: true })
  await pnpm(['install', '--frozen-lockfile', '--reporter=append-only'], 'Installing dependencies failed.')
  if (!existsSync(NODE)) fail('Node 24 did not arrive. Delete node_modules and try again.')
  writeFileSync(STAMP, wanted)
}

function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const path of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests(), ...patches()])
    hash.update(path).update(readFileSync(join(ROOT, path)))
  return hash.digest('hex')
}

const manifests = () =>
  ['.', 'e2e', ...children('packages'), ...children('services')]
    .map(directory => join(directory, 'package.json'))
    .filter(path => existsSync(join(ROOT, path)))

const patches = () => children('patches')

const children = directory =>
  existsSync(join(ROOT, directory))
    ? readdirSync(join(ROOT, directory))
        .sort()
        .map(name => join(directory, name))
    : []

function advice(output) {
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|SOCKET_TIMEOUT|FETCH_FAIL/.test(output)
  )
    return 'The npm registry cannot be reached. Check the network, then `npm config get registry` and `npm config get proxy`.'
  if (/OUTDATED_LOCKFILE/.test(output))
    return `pnpm-lock.yaml does not match the manifests. Update it: npx ${packageManager} install`
  if (/ENOSPC/.test(output)) return 'The disk is full.'
  if (/EACCES|EPERM/.test(output)) return `A file under ${ROOT} belongs to another user.`
  return 'What went wrong stands above.'
}

function fail(message) {
  console.error(`\n${message}`)
  process.exit(1)
}
