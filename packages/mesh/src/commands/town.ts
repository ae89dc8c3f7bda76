import { writeFileSync } from 'node:fs'
import { generateTown } from '@walking-buddy/simulator'
import { Command } from 'commander'
import { digest } from '../constellation/map.ts'

export const town = () =>
  new Command('town').description('the demo town').addCommand(
    new Command('generate')
      .description('write a synthetic town as OpenStreetMap XML; the same seed gives the same bytes')
      .option('--seed <text>', 'which town', '1')
      .option('--out <file>', 'where to', 'town.osm')
      .action((options: { seed: string; out: string }) => {
        const xml = generateTown(options.seed)
        writeFileSync(options.out, xml)
        process.stdout.write(
          `${options.out}: ${(xml.length / 2 ** 20).toFixed(1)} MiB, sha256 ${digest(xml)}…\n`,
        )
      }),
  )
