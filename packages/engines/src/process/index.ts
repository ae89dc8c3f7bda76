export { identify, isAlive, type ProcessIdentity } from './identity.ts'
export { residentBytes } from './resident-memory.ts'
export { type StopStep, stopProcess } from './stop-process.ts'
