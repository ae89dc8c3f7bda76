import { createHash } from 'node:crypto'
import { type createClient, ErrorReply } from '@redis/client'

type Redis = ReturnType<typeof createClient>

/** Runs one Lua script by its hash, and by its text where the server does not know it (again). */
export function script(text: string) {
  const sha = createHash('sha1').update(text).digest('hex')
  return async (client: Redis, keys: string[], args: (string | Buffer)[]): Promise<unknown> => {
    try {
      return await client.evalSha(sha, { keys, arguments: args })
    } catch (error) {
      if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw error
      return client.eval(text, { keys, arguments: args })
    }
  }
}
