import { createHash } from 'node:crypto'
import { ErrorReply } from '@redis/client'

/** What of a client runs scripts, whatever types it maps replies to. */
interface Scripting {
  evalSha(sha: string, options: { keys: string[]; arguments: (string | Buffer)[] }): Promise<unknown>
  eval(text: string, options: { keys: string[]; arguments: (string | Buffer)[] }): Promise<unknown>
}

/** Runs one Lua script by its hash, and by its text where the server does not know it (again). */
export function script(text: string) {
  const sha = createHash('sha1').update(text).digest('hex')
  return async (client: Scripting, keys: string[], args: (string | Buffer)[]): Promise<unknown> => {
    try {
      return await client.evalSha(sha, { keys, arguments: args })
    } catch (error) {
      if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw error
      return client.eval(text, { keys, arguments: args })
    }
  }
}
