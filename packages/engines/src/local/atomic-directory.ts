import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { identify } from '../process/identity.ts'

/**
 * Makes a directory appear complete or not at all: `fill` works beside it, and a rename publishes.
 * Does nothing when it exists. What interrupted attempts left is removed; that of a living one is not.
 */
export async function atomicDirectory(path: string, fill: (draft: string) => Promise<void>): Promise<void> {
  if (existsSync(path)) return
  const parent = dirname(path)
  const prefix = `${basename(path)}.partial-`
  mkdirSync(parent, { recursive: true })
  for (const name of readdirSync(parent).filter(name => name.startsWith(prefix)))
    if (!identify(Number(name.slice(prefix.length))))
      rmSync(join(parent, name), { recursive: true, force: true })

  const draft = join(parent, `${prefix}${process.pid}`)
  rmSync(draft, { recursive: true, force: true })
  try {
    await fill(draft)
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    // Somebody else was faster; theirs is as good.
    if (!existsSync(path)) throw error
  }
}
