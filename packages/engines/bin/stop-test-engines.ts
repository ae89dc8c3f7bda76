import { rmSync } from 'node:fs'
import { basename } from 'node:path'
import { engineStatus, stopOrphanedEngines } from '../src/index.ts'
import { testDataDirectories } from '../src/test-engines.ts'

/** Ends the engines of test runs that crashed; those of living runs are left alone. */
for (const directory of testDataDirectories()) {
  if (await stopOrphanedEngines(directory))
    console.log(`Stopped the engines that a crashed test run left in ${directory}`)
  const { owner } = await engineStatus(directory)
  if (!owner && basename(directory).startsWith('test-engines-')) rmSync(directory, { recursive: true })
}
