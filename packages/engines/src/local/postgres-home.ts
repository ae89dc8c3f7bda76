import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { DataDirectory } from '../data-directory.ts'
import { EngineError } from '../errors.ts'
import type { UnixUser } from '../process/engine-process.ts'

const OUTSIDE = '/var/lib/walking-buddy'

/** PostgreSQL refuses to run as root: then it runs as the user that its package creates. */
export function postgresUser(): UnixUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = ['-u', '-g'].map(flag => {
    const { status, stdout } = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' })
    return status === 0 ? Number(stdout) : undefined
  })
  if (uid === undefined || gid === undefined)
    throw new EngineError(
      'PostgreSQL does not run as root, and there is no user "postgres" to run it as. Create one (useradd -r postgres), or start as another user.',
    )
  return { uid, gid }
}

/**
 * The directory that holds the cluster, owned by `user`.
 *
 * Where that user cannot reach the data directory (it lies under /root, say), the data lives under
 * /var/lib/walking-buddy and a link stands in its place: to delete the link is to delete the data.
 */
export function postgresHome(directory: DataDirectory, user: UnixUser | undefined): string {
  const inside = directory.engine('postgres')
  mkdirSync(dirname(inside), { recursive: true })
  if (user === undefined) {
    mkdirSync(inside, { recursive: true, mode: 0o700 })
    return inside
  }
  const outside = join(OUTSIDE, directory.fingerprint)
  if (isLink(inside)) {
    if (readlinkSync(inside) === outside) return own(outside, user)
    // The clone was copied or moved: the data behind the link is the other one's.
    rmSync(inside)
  }
  if (canReach(dirname(inside), user)) return own(inside, user)
  if (existsSync(join(inside, 'data')))
    throw new EngineError(
      `PostgreSQL runs as the user "postgres", who cannot reach its data in ${inside}. Let others pass (chmod o+x) the directories above, or move the clone.`,
    )
  for (const stale of [inside, outside]) rmSync(stale, { recursive: true, force: true })
  symlinkSync(outside, inside)
  return own(outside, user)
}

function own(home: string, { uid, gid }: UnixUser) {
  mkdirSync(home, { recursive: true, mode: 0o755 })
  chownSync(home, uid, gid)
  chmodSync(home, 0o700)
  return home
}

const canReach = (path: string, user: UnixUser) =>
  spawnSync('test', ['-x', path], { stdio: 'ignore', ...user }).status === 0

function isLink(path: string) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}
