import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Position } from './positions.ts'

/** Phones with a connection each; one report under way at a time on each. */
export async function framePhones(port: number, count: number) {
  const phones = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.setNoDelay(true)
      let settle: PromiseWithResolvers<void> | undefined
      createInterface({ input: socket }).on('line', answer => {
        if (answer === 'ok') settle?.resolve()
        else settle?.reject(new Error(answer))
      })
      return {
        socket,
        report(position: Position): Promise<void> {
          settle = Promise.withResolvers<void>()
          socket.write(`${JSON.stringify(position)}\n`)
          return settle.promise
        },
      }
    }),
  )
  const idle = [...phones]
  return {
    /** As many at once as there are phones. */
    async report(position: Position): Promise<void> {
      const phone = idle.pop()!
      await phone.report(position).finally(() => idle.push(phone))
    },
    stop: () => {
      for (const { socket } of phones) socket.destroy()
    },
  }
}
