import type { BenchRun } from '../main.ts'
import { startChild } from '../measure/child.ts'
import { closedLoop, openLoop } from '../measure/load.ts'
import { inRounds } from '../measure/rounds.ts'
import { measuredTable, rateOf } from '../report/measured-table.ts'
import { locationClient, PositionStream } from './position-stream.ts'
import { StrollingPeople } from './positions.ts'

const names = { unary: 'grpc-js, a unary call each', stream: 'one stream, batched' }
const together = 512

/** The hop from realtime to location by itself: a call each, or one stream with what a turn of the loop gathers. */
export async function hop(run: BenchRun): Promise<void> {
  const { report } = run
  report.section('The hop from realtime to location, with nothing behind it')
  const server = await startChild<{ port: number }>(new URL('hop-server.ts', import.meta.url))
  const { client, stop } = await locationClient(server.said.port)
  const stream = new PositionStream(client)
  try {
    const people = new StrollingPeople(2_000)
    const processes = { here: process.pid, 'at location': server.pid }
    const unary = () =>
      client.setAvailability({ userId: people.next().userId, available: true, until: undefined })
    const batched = () => stream.report(people.next())
    const measured = await inRounds(
      [
        { name: names.unary, processes, run: ms => closedLoop(unary, together, ms) },
        { name: names.stream, processes, run: ms => closedLoop(batched, together, ms) },
      ],
      run,
    )
    report.table(measuredTable(`${together} under way`, measured, names.unary))
    report.goal({
      goal: 'hop: stream vs unary, calls a second',
      bound: 'least',
      target: 6,
      measured: rateOf(measured, names.stream) / rateOf(measured, names.unary),
      unit: '×',
    })

    // What the slower can do with some room to spare.
    const perSecond = Math.floor(rateOf(measured, names.unary) * 0.8)
    const paced = await inRounds(
      [
        { name: names.unary, processes, run: ms => openLoop(unary, perSecond, ms) },
        { name: names.stream, processes, run: ms => openLoop(batched, perSecond, ms) },
      ],
      run,
    )
    report.table(
      measuredTable(`Latency at ${perSecond} a second, from the intended moment`, paced, names.unary),
    )
    const p99 = (name: string) => paced.find(contender => contender.name === name)?.p99Ms ?? Number.NaN
    report.goal({
      goal: 'hop: p99 of the stream ÷ p99 of unary, at 80 % of what unary can do',
      bound: 'most',
      target: 0.1,
      measured: p99(names.stream) / p99(names.unary),
      unit: '',
    })
  } finally {
    stream.close()
    await stop()
    await server.stop()
  }
}
