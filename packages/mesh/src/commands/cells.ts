import { areaOf, cellPolygon, cellSideMeters, parseCellToken } from '@walking-buddy/cells'
import { Command } from 'commander'

export const cells = () =>
  new Command('cells')
    .description('the polygons of published cells, as GeoJSON features, one a line')
    .argument('<cell...>', 'ten hexadecimal digits each')
    .action((tokens: string[]) => {
      for (const token of tokens) {
        const cell = parseCellToken(token)
        const ring = cellPolygon(cell).map(({ lat, lng }) => [lng, lat])
        process.stdout.write(
          `${JSON.stringify({ type: 'Feature', id: token, properties: { cell: token, sideMeters: cellSideMeters(cell), area: areaOf(cell) }, geometry: { type: 'Polygon', coordinates: [ring] } })}\n`,
        )
      }
    })
