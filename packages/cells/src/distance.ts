/** Mean radius R1 of the WGS 84 ellipsoid, in metres. */
export const earthRadiusMeters = 6_371_008.8

/** Degrees, WGS 84. */
export interface LatLng {
  lat: number
  lng: number
}

const radians = Math.PI / 180

/** Great-circle distance in metres (haversine; off by at most 0.56 % against the ellipsoid). */
export function distanceMeters(a: LatLng, b: LatLng): number {
  const sinLat = Math.sin(((b.lat - a.lat) * radians) / 2)
  const sinLng = Math.sin(((b.lng - a.lng) * radians) / 2)
  const h = sinLat * sinLat + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * sinLng * sinLng
  return 2 * earthRadiusMeters * Math.asin(Math.min(1, Math.sqrt(h)))
}
