import { asyncapiDocument } from './asyncapi.ts'
import { generateCallers } from './callers.ts'
import { kafkaTopicManifests } from './kafka-topics.ts'
import { openapiDocument } from './openapi.ts'
import { committed, generated, runBuf } from './output.ts'
import { generateTopics, readTopics } from './topics.ts'

// `generate`: typed code under src/gen (git-ignored). `documents`: the files that are committed; with `--check`
// they are compared instead of written.
const [what = 'generate', ...flags] = process.argv.slice(2)

if (what === 'generate') {
  runBuf(['generate', '--template', templateOf()])
  generated('topics.ts', generateTopics(readTopics()))
  generated('callers.ts', generateCallers())
} else {
  const topics = readTopics()
  const stale = [
    committed('docs/openapi.json', `${JSON.stringify(openapiDocument(), null, 2)}\n`, flags),
    committed('docs/asyncapi.json', `${JSON.stringify(asyncapiDocument(topics), null, 2)}\n`, flags),
    committed('infra/kafka/topics.yaml', kafkaTopicManifests(topics), flags),
  ].filter(path => path !== undefined)
  if (stale.length > 0) {
    process.stderr.write(`Out of date: ${stale.join(', ')}. Run \`pnpm contracts\` and commit the result.\n`)
    process.exit(1)
  }
}

function templateOf(): string {
  return JSON.stringify({
    version: 'v2',
    clean: true,
    plugins: [
      {
        local: ['node', `${import.meta.dirname}/../../node_modules/ts-proto/protoc-gen-ts_proto`],
        out: '.',
        opt: 'esModuleInterop=true,outputServices=grpc-js,env=node,useDate=true,forceLong=bigint,oneof=unions-value,enumsAsLiterals=true,removeEnumPrefix=true,unrecognizedEnum=false,importSuffix=.ts,useOptionals=messages,useExactTypes=false,exportCommonSymbols=false',
      },
    ],
  })
}
