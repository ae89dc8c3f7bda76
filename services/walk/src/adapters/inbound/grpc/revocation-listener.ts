import type { RevocationListener } from '@walking-buddy/access'
import type { Logger } from '@walking-buddy/telemetry'
import type { Application } from '../../../application/index.ts'

/** Ends walks within a second of a block or a suspension; what fails here Kafka brings again. */
export const revocationListener =
  (app: Application, log: Logger): RevocationListener =>
  subject => {
    const calledOff =
      subject.$case === 'pairBlocked'
        ? app.callOffForbidden(subject.value.blockerId, [subject.value.blockedId])
        : subject.$case === 'userSuspended'
          ? app.callOffForbidden(subject.value.userId)
          : undefined
    calledOff?.catch(error => log.warn({ err: error }, 'walks of a revocation are called off later'))
  }
