export { matchingCallers } from '../gen/callers.ts'
export * from '../gen/walkingbuddy/matching/v1/matching_service.ts'
