export { walkCallers } from '../gen/callers.ts'
export * from '../gen/walkingbuddy/walk/v1/events.ts'
export * from '../gen/walkingbuddy/walk/v1/walk.ts'
export * from '../gen/walkingbuddy/walk/v1/walk_service.ts'
