import type { Clock, Identifiers } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import { acceptWalk } from './accept-walk.ts'
import { batchGetWalks } from './batch-get-walks.ts'
import { callOffForbidden } from './call-off-forbidden.ts'
import { cancelWalk } from './cancel-walk.ts'
import { changeWalk } from './change-walk.ts'
import { checkAcquaintance } from './check-acquaintance.ts'
import { declineWalk } from './decline-walk.ts'
import { endWalk } from './end-walk.ts'
import { forgetRoutes } from './forget-routes.ts'
import { getPositions } from './get-positions.ts'
import { getRoute } from './get-route.ts'
import { getWalk } from './get-walk.ts'
import { keepBlocks } from './keep-blocks.ts'
import { forgetPerson, keepPerson } from './keep-person.ts'
import { listHistory, listWalks } from './list-walks.ts'
import { measureWalks } from './measure-walks.ts'
import { passTime } from './pass-time.ts'
import type {
  ActiveWalks,
  Blocks,
  Identity,
  LastPositions,
  Nearby,
  People,
  Routes,
  Tracks,
  Transactions,
  Walks,
} from './ports.ts'
import { proposeWalk } from './propose-walk.ts'
import { recordPositions } from './record-positions.ts'
import { recordTrack } from './record-track.ts'
import { requestWalk } from './request-walk.ts'
import { setSharing } from './set-sharing.ts'
import { startWalk } from './start-walk.ts'
import { createTurns } from './turns.ts'
import { describeWalks, namesOf } from './view.ts'

export interface ApplicationDeps {
  walks: Walks
  transactions: Transactions
  tracks: Tracks
  routes: Routes
  activeWalks: ActiveWalks
  lastPositions: LastPositions
  people: People
  blocks: Blocks
  identity: Identity
  nearby: Nearby
  clock: Clock
  identifiers: Identifiers
  log: Logger
  /** How long exact points are kept after a walk. */
  keepDays: number
}

/** Everything that this service does. */
export function createApplication(deps: ApplicationDeps) {
  const names = namesOf(deps)
  const tools = {
    ...deps,
    namesOf: names,
    describe: describeWalks(names),
    changeWalk: changeWalk({ ...deps, inTurn: createTurns() }),
    callOffForbidden: callOffForbidden(deps),
  }
  return {
    requestWalk: requestWalk(tools),
    acceptWalk: acceptWalk(tools),
    declineWalk: declineWalk(tools),
    cancelWalk: cancelWalk(tools),
    startWalk: startWalk(tools),
    endWalk: endWalk(tools),
    setSharing: setSharing(tools),
    proposeWalk: proposeWalk(tools),

    recordTrack: recordTrack(tools),
    recordPositions: recordPositions(tools),
    getPositions: getPositions(tools),
    getRoute: getRoute(tools),

    getWalk: getWalk(tools),
    listWalks: listWalks(tools),
    listHistory: listHistory(tools),
    batchGetWalks: batchGetWalks(tools),
    checkAcquaintance: checkAcquaintance(tools),

    keepPerson: keepPerson(tools),
    forgetPerson: forgetPerson(tools),
    keepBlocks: keepBlocks(tools),
    callOffForbidden: tools.callOffForbidden,

    passTime: passTime(tools),
    measureWalks: measureWalks(tools),
    forgetRoutes: forgetRoutes(tools),
  }
}

export type Application = ReturnType<typeof createApplication>
