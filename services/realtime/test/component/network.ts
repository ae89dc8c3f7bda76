import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** The way between phones and instances: it can be cut in the middle of a frame, held up, or lead elsewhere. */
export interface Network {
  readonly port: number
  /** New connections go to these in turn. */
  leadTo(...ports: number[]): void
  /** Ends every connection at once, whatever is on its way. */
  cut(): void
  /** Nothing reaches the phones any more, and nothing is read from the instances. */
  freeze(): void
  close(): void
}

export async function network(...targets: number[]): Promise<Network> {
  const pairs = new Set<{ phone: Socket; instance: Socket }>()
  let turn = 0
  const server = createServer(phone => {
    const instance = connect(targets[turn++ % targets.length]!, '127.0.0.1')
    const pair = { phone, instance }
    pairs.add(pair)
    for (const end of [phone, instance]) {
      end.on('error', () => {})
      end.on('close', () => {
        pairs.delete(pair)
        phone.destroy()
        instance.destroy()
      })
    }
    phone.pipe(instance).pipe(phone)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const { phone, instance } of pairs) {
      phone.destroy()
      instance.destroy()
    }
  }
  return {
    cut,
    port: (server.address() as AddressInfo).port,
    leadTo(...ports) {
      targets = ports
    },
    freeze() {
      for (const { phone, instance } of pairs) {
        instance.unpipe(phone)
        instance.pause()
      }
    },
    close() {
      cut()
      server.close()
    },
  }
}
