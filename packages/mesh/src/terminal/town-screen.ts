import type { TownEvent } from '@walking-buddy/simulator'

/** Tells what happens in town, line by line, with a count of it all every half minute. */
export function townScreen(write: (line: string) => void) {
  const online = new Set<string>()
  const walking = new Set<string>()
  let requests = 0
  let walks = 0
  let meters = 0
  const time = (at: string) => at.slice(11, 19)

  const sentence = (event: TownEvent): string | undefined => {
    switch (event.kind) {
      case 'online':
        online.add(event.who)
        return undefined
      case 'home':
        online.delete(event.who)
        walking.delete(event.who)
        return undefined
      case 'asked':
        requests += 1
        return `${event.who} asks ${event.partner} for a walk`
      case 'accepted':
        return `${event.who} says yes to ${event.partner}`
      case 'declined':
        return `${event.who} would rather not walk with ${event.partner} today`
      case 'started':
        walking.add(event.who).add(event.partner)
        return `${event.who} and ${event.partner} set off together`
      case 'finished':
        walking.delete(event.who)
        walking.delete(event.partner)
        walks += 1
        meters += event.meters
        return `${event.who} and ${event.partner} walked ${(event.meters / 1000).toFixed(2)} km and head home`
      case 'trouble':
        return `${event.who} has trouble: ${event.detail}`
    }
  }

  return {
    show(line: string): void {
      const event = JSON.parse(line) as TownEvent & { at: string }
      const text = sentence(event)
      if (text !== undefined) write(`${time(event.at)}  ${text}`)
    },
    summary: (): string =>
      `${online.size} people out, ${walking.size} of them walking · ${requests} requests, ${walks} walks, ${(meters / 1000).toFixed(1)} km so far`,
  }
}
