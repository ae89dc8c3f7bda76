import { join } from 'node:path'
import { asyncapiDocument } from './asyncapi.ts'
import { generateCallers } from './callers.ts'
import { kafkaTopicManifests } from './kafka-topics.ts'
import { openapiDocument } from './openapi.ts'
import { committed, generated, generateProtos, protoFolder, runBuf } from './output.ts'
import { generateTopics, readTopics } from './topics.ts'

/** What the last release spoke: later contracts must stay compatible with it, on the wire and in JSON. */
const released = join(protoFolder, 'released.binpb')

const commands = {
  /** Typed code under src/gen, git-ignored. */
  generate() {
    generateProtos()
    generated('topics.ts', generateTopics(readTopics()))
    generated('callers.ts', generateCallers())
  },
  /** The documents that are committed. */
  documents: () => documents(false),
  /** Style, compatibility, and that committed documents say what the code says. */
  check() {
    runBuf(['lint', protoFolder])
    runBuf(['breaking', protoFolder, '--against', released])
    const stale = documents(true)
    if (stale.length > 0)
      throw new Error(`Out of date: ${stale.join(', ')}. Run \`pnpm contracts\` and commit the result.`)
  },
  /** Takes today's protos as the release that later ones are compared with. */
  release: () => runBuf(['build', protoFolder, '--output', released]),
}

function documents(check: boolean): string[] {
  const topics = readTopics()
  return [
    committed('docs/openapi.json', `${JSON.stringify(openapiDocument(), null, 2)}\n`, check),
    committed('docs/asyncapi.json', `${JSON.stringify(asyncapiDocument(topics), null, 2)}\n`, check),
    committed('infra/kafka/topics.yaml', kafkaTopicManifests(topics), check),
  ].filter(path => path !== undefined)
}

const command = commands[(process.argv[2] ?? '') as keyof typeof commands]
try {
  if (!command) throw new Error(`Say one of ${Object.keys(commands).join(', ')}.`)
  command()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
