export { identityCallers } from '../gen/callers.ts'
export * from '../gen/walkingbuddy/identity/v1/events.ts'
export * from '../gen/walkingbuddy/identity/v1/identity_service.ts'
export * from '../gen/walkingbuddy/identity/v1/user.ts'
