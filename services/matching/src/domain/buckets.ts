import { earthRadiusMeters, type LatLng } from '@walking-buddy/cells'

/*
 * Where cells are looked up: rows of latitude, cut into columns so that a bucket is as wide as the coarsest cell everywhere.
 * Cells of any side are filed by their centre. Towards the poles a row has fewer columns, the last one a single one;
 * columns go around the Earth, so that there is no seam.
 */
const bucketMeters = 3_200

const rows = Math.floor((Math.PI * earthRadiusMeters) / bucketMeters)

const columns = Uint16Array.from({ length: rows }, (_, row) => {
  const latitude = ((row + 0.5) / rows - 0.5) * Math.PI
  return Math.max(1, Math.floor((2 * Math.PI * earthRadiusMeters * Math.cos(latitude)) / bucketMeters))
})

const maxColumns = 2 ** 15

export const rowAt = (lat: number): number =>
  Math.max(0, Math.min(rows - 1, Math.floor(((lat + 90) / 180) * rows)))

export const columnsOf = (row: number): number => columns[row]!

/** `column` may lie beyond either end of the row: it goes around. */
export function bucketOf(row: number, column: number): number {
  const count = columns[row]!
  const around = column % count
  return row * maxColumns + (around < 0 ? around + count : around)
}

export const bucketAt = ({ lat, lng }: LatLng): number => {
  const row = rowAt(lat)
  return bucketOf(row, Math.floor(turnOf(lng) * columnsOf(row)))
}

/** Longitude as a part of the full turn. */
export const turnOf = (lng: number): number => (lng + 180) / 360
