export { locationCallers } from '../gen/callers.ts'
export * from '../gen/walkingbuddy/location/v1/events.ts'
export * from '../gen/walkingbuddy/location/v1/location_service.ts'
