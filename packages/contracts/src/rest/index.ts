import { identityOperations } from './identity.ts'
import { locationOperations } from './location.ts'
import { matchingOperations } from './matching.ts'
import type { OperationShape } from './operation.ts'
import { walkOperations } from './walk.ts'

export * from './operation.ts'
export { problem } from './shapes.ts'
export { identityOperations, locationOperations, matchingOperations, walkOperations }

/** Every REST operation of the mesh. */
export const allOperations: readonly OperationShape[] = [
  ...Object.values(identityOperations),
  ...Object.values(locationOperations),
  ...Object.values(matchingOperations),
  ...Object.values(walkOperations),
]
