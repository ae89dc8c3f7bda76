import type { Answer, Command, Idempotency, Tx } from '@walking-buddy/postgres'
import { z } from 'zod'
import type { Registration, RegistrationCommand, Registrations, Unit } from '../../../application/ports.ts'

const stored = z.object({ userId: z.string(), sessionId: z.string() })
const commandOf = (command: RegistrationCommand): Command => ({ ...command, operation: 'register' })
const registrationOf = (answer: Answer): Registration => stored.parse(answer.body)

/** Registrations by Idempotency-Key; what is kept of one are two ids. */
export function postgresRegistrations(idempotency: Idempotency, unitOf: (tx: Tx) => Unit): Registrations {
  return {
    async recall(command) {
      const answer = await idempotency.recall(commandOf(command))
      return answer && registrationOf(answer)
    },
    async once(command, work) {
      const answer = await idempotency.once(commandOf(command), async tx => ({
        status: 201,
        body: { ...(await work(unitOf(tx))) },
      }))
      return registrationOf(answer)
    },
  }
}
