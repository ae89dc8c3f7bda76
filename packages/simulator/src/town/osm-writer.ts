interface Spot {
  x: number
  y: number
}

/** Collects nodes and ways of a plane and gives them as OpenStreetMap XML; equal spots share a node. */
export function osmWriter(project: (spot: Spot) => { lat: number; lng: number }) {
  const nodes: string[] = []
  const ways: string[] = []
  const shared = new Map<string, number>()
  let nextId = 1

  const tagLines = (tags: Readonly<Record<string, string>>) =>
    Object.entries(tags)
      .map(([key, value]) => `<tag k="${escaped(key)}" v="${escaped(value)}"/>`)
      .join('')
  const position = (spot: Spot) => {
    const { lat, lng } = project(spot)
    return `lat="${lat.toFixed(7)}" lon="${lng.toFixed(7)}"`
  }
  const corner = (spot: Spot): number => {
    const key = position(spot)
    const known = shared.get(key)
    if (known !== undefined) return known
    const id = nextId++
    shared.set(key, id)
    nodes.push(`<node id="${id}" ${key}/>`)
    return id
  }

  return {
    /** A thing at a spot. */
    node(spot: Spot, tags: Readonly<Record<string, string>>): void {
      nodes.push(`<node id="${nextId++}" ${position(spot)}>${tagLines(tags)}</node>`)
    },
    /** A line or an outline. */
    way(spots: readonly Spot[], tags: Readonly<Record<string, string>>): void {
      const refs = spots.map(spot => `<nd ref="${corner(spot)}"/>`).join('')
      ways.push(`<way id="${nextId++}">${refs}${tagLines(tags)}</way>`)
    },
    text: (): string =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="walking-buddy">\n${[...nodes, ...ways].join('\n')}\n</osm>\n`,
  }
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replaceAll(/[&<>"]/g, character => entities[character]!)
