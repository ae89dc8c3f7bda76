export { type AskForChange, askForChange } from './ask-for-change.ts'
export { type ConsentCheck, checkConsent } from './check-consent.ts'
export { type Decider, decidePresences } from './decide-presences.ts'
export {
  type Ingested,
  type IngestPositions,
  ingestPositions,
  type ToldPosition,
} from './ingest-positions.ts'
export { keepShards } from './keep-shards.ts'
export { type LearnAccount, learnAccount } from './learn-account.ts'
export { type GetPublished, getPublished, type ListPublished, listPublished } from './list-published.ts'
export { recordTracks, type TrackRecorder } from './record-tracks.ts'
export { type RememberedPlaces, rememberedPlaces } from './remembered-places.ts'
export { type ReportPosition, reportPosition } from './report-position.ts'
export { type SetAvailability, setAvailability } from './set-availability.ts'
export { type PartnerPosition, type Sharing, shareWithPartners, type Viewer } from './share-with-partners.ts'
export { type ShowAvailability, showAvailability } from './show-availability.ts'
export { type WalkNews, type WalkWindows, walkWindows } from './walk-windows.ts'
export { type FindWhereabouts, findWhereabouts } from './whereabouts.ts'
