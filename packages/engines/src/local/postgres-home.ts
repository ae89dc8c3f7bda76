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
  const home = isLink(inside) ? readlinkSync(inside) : inside
  if (home === inside && !existsSync(inside) && !canReach(dirname(inside), user))
    return linkedHome(directory, user)
  own(home, user)
  return home
}

function linkedHome(directory: DataDirectory, user: UnixUser) {
  const home = join(OUTSIDE, directory.fingerprint)
  rmSync(home, { recursive: true, force: true })
  symlinkSync(home, directory.engine('postgres'))
  own(home, user)
  return home
}

function own(home: string, { uid, gid }: UnixUser) {
  mkdirSync(home, { recursive: true, mode: 0o755 })
  chownSync(home, uid, gid)
  chmodSync(home, 0o700)
}

const canReach = (path: string, user: UnixUser) =>
  spawnSync('test', ['-x', path], { stdio: 'ignore', ...user }).status === 0

function isLink(path: string) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}
