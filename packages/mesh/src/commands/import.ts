import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { importInto } from '../constellation/map.ts'

export const importFile = () =>
  new Command('import')
    .description(
      'take an OpenStreetMap extract (.osm, .osm.gz) as the map: addresses, named places, address density',
    )
    .argument('<file>')
    .action(async (file: string) => {
      const startedMs = performance.now()
      const map = await importInto(loadConfig().dataDir, file, ({ pass, read, total }) => {
        if (process.stderr.isTTY)
          process.stderr.write(`\rpass ${pass} of 2: ${Math.floor((100 * read) / total)} % `)
      })
      if (process.stderr.isTTY) process.stderr.write('\r')
      process.stdout.write(
        `${map.addressCount} addresses, ${map.places.length - map.addressCount} named places in ${((performance.now() - startedMs) / 1000).toFixed(1)} s; services use it from their next start\n`,
      )
    })
