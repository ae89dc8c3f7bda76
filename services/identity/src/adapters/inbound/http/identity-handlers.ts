import type { identityOperations } from '@walking-buddy/contracts/rest'
import type { Handlers } from '@walking-buddy/http'
import type { JWK } from 'jose'
import type { Application } from '../../../application/index.ts'
import type { Clock } from '../../../application/ports.ts'
import { authHandlers } from './auth-handlers.ts'
import { type ClientSettings, publicHandlers } from './public-handlers.ts'
import { userHandlers } from './user-handlers.ts'

export const identityHandlers = (
  app: Application,
  options: {
    allowedOrigins: readonly string[]
    publicKeys: readonly JWK[]
    client: ClientSettings
    clock: Clock
  },
): Handlers<typeof identityOperations> => ({
  ...authHandlers(app, options),
  ...userHandlers(app, options),
  ...publicHandlers(options),
})
