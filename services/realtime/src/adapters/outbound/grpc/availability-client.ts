import { areaOf, parseCellToken } from '@walking-buddy/cells'
import type { LocationServiceService } from '@walking-buddy/contracts/grpc/location'
import { internal } from '@walking-buddy/errors'
import type { Client } from '@walking-buddy/grpc'
import type { Availabilities } from '../../../application/ports.ts'

/** Location's switch. */
export const availabilityClient = (
  location: Pick<Client<typeof LocationServiceService>, 'setAvailability'>,
): Availabilities => ({
  async set(userId, available, until) {
    const { availability } = await location.setAvailability({ userId, available, until })
    if (!availability) throw internal('incomplete-availability', 'Location answered without an availability.')
    return {
      available: availability.available,
      until: availability.until?.toISOString() ?? null,
      area: availability.cell ? areaOf(parseCellToken(availability.cell)) : null,
    }
  },
})
