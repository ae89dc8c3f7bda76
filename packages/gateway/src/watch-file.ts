import { readFileSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/**
 * Calls back after the text of a file has changed, also where the file is replaced or lies behind a link that is
 * (as ConfigMaps do). Several changes at once are one.
 * @returns ends the watch
 */
export function watchFile(path: string, onChange: () => void): () => void {
  let known = readFileSync(path, 'utf8')
  let settling: NodeJS.Timeout | undefined

  const compare = (): void => {
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch {
      // Between removal and renaming: another event follows.
      return
    }
    if (text === known) return
    known = text
    onChange()
  }
  const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
    if (name !== null && name !== basename(path) && !name.startsWith('..')) return
    clearTimeout(settling)
    settling = setTimeout(compare, 50)
  })
  return () => {
    clearTimeout(settling)
    watcher.close()
  }
}
