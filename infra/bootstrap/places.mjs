import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The Node that the repository pins; the one that runs this file may be older. */
export const NODE = join(ROOT, 'node_modules/node/bin/node')

/** The environment that `pnpm run` gives to a script: pinned tools first. */
export const TOOLS = {
  ...process.env,
  PATH: [join(ROOT, 'node_modules/.bin'), join(ROOT, 'node_modules/node/bin'), process.env.PATH].join(
    delimiter,
  ),
}
