import { stopEngines } from '@walking-buddy/engines'
import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { stopLeftovers } from '../constellation/supervised-process.ts'

export const stop = () =>
  new Command('stop')
    .description('stop what `mesh start` started, in order, and nothing else')
    .action(async () => {
      const { dataDir } = loadConfig()
      // The owner ends services and engines itself; what it left when it was killed is ended here, services first.
      const owned = await stopEngines(dataDir)
      const left = await stopLeftovers(dataDir)
      process.stdout.write(owned || left.length > 0 ? 'Stopped.\n' : 'Nothing was running.\n')
    })
