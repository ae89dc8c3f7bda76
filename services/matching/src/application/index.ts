import type { Clock } from '@walking-buddy/service-kit'
import type { Walkers } from '../domain/walkers.ts'
import { checkListed } from './check-listed.ts'
import { listNearby } from './list-nearby.ts'
import type { Loading } from './load-published.ts'
import type { Accounts, AreaLedger, Published, RevocationWatch } from './ports.ts'
import { presentViewer } from './present-viewer.ts'
import { rankNearby } from './rank-nearby.ts'
import { readAreas } from './read-areas.ts'
import { watchNearby } from './watch-nearby.ts'

export type Application = ReturnType<typeof createApplication>

/** Every use case of the service. */
export function createApplication(deps: {
  walkers: Walkers
  accounts: Accounts
  published: Published
  ledger: AreaLedger
  revocations: RevocationWatch
  loading: Loading
  clock: Clock
}) {
  const shared = { ...deps, present: presentViewer(deps), readArea: readAreas(deps), rank: rankNearby(deps) }
  return {
    listNearby: listNearby(shared),
    checkListed: checkListed(shared),
    watchNearby: watchNearby(shared),
  }
}
