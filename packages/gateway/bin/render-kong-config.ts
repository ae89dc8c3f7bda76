#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { renderKongConfig } from '../src/render-kong-config.ts'

const usage = `Prints a declarative file for Kong with the keys of a deployment in it.
  render-kong-config --config infra/kong/kong.yml --jwks http://identity:3000/.well-known/jwks.json
  --jwks      URL or file of the key set
  --origin    a page that may call from a browser, in place of those in the file (repeat it for more)
  --traces    OTLP/HTTP endpoint, http://collector:4318/v1/traces
`

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    jwks: { type: 'string' },
    origin: { type: 'string', multiple: true },
    traces: { type: 'string' },
  },
})
if (values.config === undefined || values.jwks === undefined) {
  process.stderr.write(usage)
  process.exit(64)
}

const keySet = /^https?:/.test(values.jwks)
  ? await (await fetch(values.jwks, { signal: AbortSignal.timeout(10_000) })).text()
  : readFileSync(values.jwks, 'utf8')
process.stdout.write(
  renderKongConfig(readFileSync(values.config, 'utf8'), {
    jwks: JSON.parse(keySet),
    ...(values.origin ? { origins: values.origin } : {}),
    ...(values.traces === undefined ? {} : { tracesEndpoint: values.traces }),
  }),
)
