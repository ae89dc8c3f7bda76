export { type CellId, type CellSide, cellAt, cellParent, cellSides } from './cell.ts'
export {
  type Density,
  densityFrom,
  densityOf,
  minimumAddresses,
  noDensity,
  publishedCell,
} from './density.ts'
export { distanceMeters, earthRadiusMeters, type LatLng } from './distance.ts'
export { areaOf, cellCenter, cellPolygon, cellRadiusMeters, cellSideMeters } from './shape.ts'
export { cellToken, parseCellToken } from './token.ts'
