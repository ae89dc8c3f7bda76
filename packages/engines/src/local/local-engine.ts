import type { ProcessPlan } from '../process/engine-process.ts'
import type { SystemPackage } from './system-packages.ts'

/** How one engine runs as a process of this machine. */
export interface LocalEngine {
  readonly url: string
  /** What the machine lacks for it. */
  missingPackages(): Promise<SystemPackage[]>
  /** Fetches what no system package holds. Quick when it is there already. */
  install(): Promise<void>
  /** Repairs what a crash left, creates the data on first use, and says what to run. */
  prepare(signal?: AbortSignal): Promise<ProcessPlan>
}
