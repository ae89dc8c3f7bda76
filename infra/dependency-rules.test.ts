import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What each rule must refuse: importing file, imported file. */
const FORBIDDEN = {
  'services-never-import-services': ['services/chat/src/compose.ts', 'services/walk/src/domain/walk.ts'],
  'domain-is-pure': ['services/walk/src/domain/stored.ts', 'packages/postgres/src/index.ts'],
  'application-knows-no-technology': [
    'services/walk/src/application/start-walk.ts',
    'packages/kafka/src/index.ts',
  ],
  'inbound-never-imports-outbound': [
    'services/walk/src/adapters/inbound/grpc/server.ts',
    'services/walk/src/adapters/outbound/postgres/walks.ts',
  ],
  'outbound-never-imports-inbound': [
    'services/walk/src/adapters/outbound/kafka/events.ts',
    'services/walk/src/adapters/inbound/http/routes.ts',
  ],
  'only-compose-sees-all': [
    'services/walk/src/config.ts',
    'services/walk/src/adapters/outbound/postgres/walks.ts',
  ],
  'nothing-imports-compose': [
    'services/walk/src/adapters/inbound/http/edge.ts',
    'services/walk/src/compose.ts',
  ],
  'generated-types-stop-at-the-mappers': [
    'services/walk/src/application/end-walk.ts',
    'packages/contracts/src/grpc/walk.ts',
  ],
  'generated-code-is-behind-contracts': [
    'services/walk/src/adapters/inbound/grpc/mapper.ts',
    'packages/contracts/src/gen/walk.ts',
  ],
  'exact-positions-stay-with-four-services': [
    'services/matching/src/domain/index.ts',
    'packages/exact-position/src/index.ts',
  ],
  'packages-never-import-services': ['packages/http/src/index.ts', 'services/walk/src/domain/walk.ts'],
  'tests-stay-out-of-the-product': ['services/walk/src/main.ts', 'packages/testkit/src/index.ts'],
} as const

/** Neighbours of the refused imports that must stay possible. */
const ALLOWED = [
  ['services/walk/src/domain/walk.ts', 'packages/errors/src/index.ts'],
  ['services/walk/src/application/ask.ts', 'services/walk/src/domain/walk.ts'],
  ['services/walk/src/adapters/outbound/postgres/walks.ts', 'services/walk/src/application/ask.ts'],
  ['services/walk/src/compose.ts', 'services/walk/src/adapters/outbound/postgres/walks.ts'],
  ['services/walk/src/adapters/inbound/grpc/walk-server.ts', 'packages/contracts/src/grpc/walk.ts'],
  ['services/walk/src/domain/track.ts', 'packages/exact-position/src/index.ts'],
  ['services/walk/src/domain/walk.test.ts', 'packages/testkit/src/index.ts'],
  ['packages/mesh/src/start.ts', 'services/walk/src/compose.ts'],
] as const

interface Violation {
  readonly rule: { readonly name: string }
  readonly from: string
  readonly to: string
}

const directory = mkdtempSync(join(tmpdir(), 'dependency-rules-'))
let violations: Violation[] = []

beforeAll(() => {
  writeFileSync(join(directory, 'tsconfig.json'), '{}')
  for (const [from, to] of [...Object.values(FORBIDDEN), ...ALLOWED]) {
    write(to, '')
    write(from, `import '${relative(dirname(from), to).replace(/^(?!\.)/, './')}'\n`)
  }
  write('services/walk/src/domain/one.ts', `import './other.ts'\n`)
  write('services/walk/src/domain/other.ts', `import './one.ts'\n`)
  write('services/walk/src/domain/lost.ts', `import './nowhere.ts'\n`)
  violations = cruise()
}, 30_000)

afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('the dependency rules', () => {
  it.each(Object.entries(FORBIDDEN))('refuse what breaks %s', (name, [from, to]) => {
    expect(violations).toContainEqual(
      expect.objectContaining({ rule: expect.objectContaining({ name }), from, to }),
    )
  })

  it.each(['no-cycles', 'no-dead-imports'])('refuse what breaks %s', name => {
    expect(violations.map(({ rule }) => rule.name)).toContain(name)
  })

  it.each(ALLOWED)('let %s import %s', (from, to) => {
    expect(violations.filter(violation => violation.from === from && violation.to === to)).toEqual([])
  })
})

function write(path: string, content: string) {
  const file = join(directory, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content, { flag: 'a' })
}

function cruise(): Violation[] {
  const output = execFileSync(
    join(ROOT, 'node_modules/.bin/depcruise'),
    ['--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', 'packages', 'services'],
    { cwd: directory, encoding: 'utf8' },
  )
  return (JSON.parse(output) as { summary: { violations: Violation[] } }).summary.violations
}
