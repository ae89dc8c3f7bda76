import { createServer, type Socket } from 'node:net'
import { indexOf, inhabitantsOf, search, type Town } from './town.ts'

/**
 * The nearby index behind Redis' own protocol, as far as GEOSEARCH needs it: so that the same client, the same bytes
 * on the wire and one process more stand before both.
 */
const town = JSON.parse(process.argv[2]!) as Town
const walkers = indexOf(inhabitantsOf(town))

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`

function geoSearch(member: string): string {
  const found = search(walkers, walkers.find(member))
  let reply = `*${found.length}\r\n`
  for (const { id, distanceMeters } of found) reply += `*2\r\n${bulk(id)}${bulk(`${distanceMeters}.0000`)}`
  return reply
}

const answer = (command: readonly string[]): string =>
  // GEOSEARCH key FROMMEMBER member …
  command[0]?.toUpperCase() === 'GEOSEARCH' ? geoSearch(command[3]!) : '+OK\r\n'

function serve(socket: Socket): void {
  socket.setNoDelay(true)
  let text = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
    let replies = ''
    for (let parsed = parse(text); parsed; parsed = parse(text)) {
      text = text.slice(parsed.end)
      replies += answer(parsed.command)
    }
    if (replies) socket.write(replies, 'latin1')
  })
}

/** The first whole command: `*n`, then n of `$length` and that many characters. */
function parse(text: string): { command: string[]; end: number } | undefined {
  let at = text.indexOf('\r\n')
  if (at < 0) return undefined
  const count = Number(text.slice(1, at))
  const command: string[] = []
  at += 2
  for (let i = 0; i < count; i++) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return undefined
    const length = Number(text.slice(at + 1, line))
    const end = line + 2 + length
    if (text.length < end + 2) return undefined
    command.push(text.slice(line + 2, end))
    at = end + 2
  }
  return { command, end: at }
}

const server = createServer(serve).listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `redis://127.0.0.1:${(server.address() as { port: number }).port}` }))
})
process.once('SIGTERM', () => process.exit(0))
