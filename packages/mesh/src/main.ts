import { Command } from 'commander'
import { accounts } from './commands/accounts.ts'
import { cells } from './commands/cells.ts'
import { importFile } from './commands/import.ts'
import { replay } from './commands/replay.ts'
import { start } from './commands/start.ts'
import { status } from './commands/status.ts'
import { stop } from './commands/stop.ts'
import { topics } from './commands/topics.ts'
import { town } from './commands/town.ts'

const program = new Command('mesh').description('Run and look at a Walking Buddy mesh on this machine.')
for (const command of [start, stop, status, town, importFile, replay, topics, cells, accounts])
  program.addCommand(command())

try {
  await program.parseAsync()
} catch (error) {
  // What goes wrong here is told to a person: the message, and each cause that says more.
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    process.stderr.write(`${cause === error ? '' : '  because: '}${cause.message}\n`)
  process.exitCode = 1
}
