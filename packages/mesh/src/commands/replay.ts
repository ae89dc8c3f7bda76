import { findWalk, replayWalk } from '@walking-buddy/simulator'
import { Command, InvalidArgumentError } from 'commander'
import { loadConfig } from '../config.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above 0')
  return value
}

export const replay = () =>
  new Command('replay')
    .description(
      'walk a recorded track (`lat,lng,datetime,uid` lines, .gz or plain) as two phones through the gateway',
    )
    .argument('<file>')
    .option('--speed <factor>', 'times as fast as it was recorded', positive, 1)
    .option('--minutes <number>', 'how long it takes', positive, 3)
    .option('--gateway <url>', 'where the gateway is')
    .action(async (file: string, options: { speed: number; minutes: number; gateway?: string }) => {
      const track = await findWalk(file, options.minutes * 60 * options.speed)
      const first = new Date(track[0]!.atMs).toISOString()
      process.stdout.write(
        `${track.length} points, recorded from ${first}; walking them ${options.speed} times as fast\n`,
      )
      const result = await replayWalk({
        gateway: options.gateway ?? `http://localhost:${loadConfig().gatewayPort}`,
        track,
        speedFactor: options.speed,
        progress: share => {
          if (process.stderr.isTTY) process.stderr.write(`\r${Math.round(share * 100)} % `)
        },
      })
      if (process.stderr.isTTY) process.stderr.write('\r')
      const off = (result.measuredMeters / result.referenceMeters - 1) * 100
      process.stdout.write(
        `measured ${result.measuredMeters} m, reference ${result.referenceMeters.toFixed(0)} m (${off >= 0 ? '+' : ''}${off.toFixed(2)} %); the partner was shown ${result.partnerPositions} positions\n`,
      )
    })
