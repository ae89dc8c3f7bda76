export * from '../gen/walkingbuddy/matching/v1/matching_service.ts'
export { matchingCallers } from '../gen/callers.ts'
