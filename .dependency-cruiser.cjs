/**
 * "Dependencies point inward" (docs: house style), enforced: `pnpm run deps`.
 * `infra/dependency-rules.test.ts` shows each rule fail.
 */

const TEST = '(\\.test\\.ts$|/test/)'

/** Mechanism and mathematics that even the inside of a service may use: none of it does I/O. */
const PURE = ['^packages/(errors|cells|exact-position)/', '^crypto$']

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    forbid(
      'services-never-import-services',
      'A service that needs another asks by gRPC or keeps a read model.',
      { path: '^services/([^/]+)/' },
      { path: '^services/', pathNot: '^services/$1/' },
    ),
    forbid(
      'domain-is-pure',
      'A domain imports itself and pure packages: no I/O, no frameworks, no outer layer.',
      { path: '^services/([^/]+)/src/domain/', pathNot: TEST },
      { pathNot: ['^services/$1/src/domain/', ...PURE] },
    ),
    forbid(
      'application-knows-no-technology',
      'Use cases import their domain, their ports, pure packages and the injected clock; of mechanism, its types.',
      { path: '^services/([^/]+)/src/application/', pathNot: TEST },
      {
        pathNot: ['^services/$1/src/(application|domain)/', ...PURE, '^packages/service-kit/'],
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid(
      'inbound-never-imports-outbound',
      'What calls us and what we call meet in the application only.',
      { path: '^services/([^/]+)/src/adapters/inbound/', pathNot: TEST },
      { path: '^services/$1/src/adapters/outbound/' },
    ),
    forbid(
      'outbound-never-imports-inbound',
      'What calls us and what we call meet in the application only.',
      { path: '^services/([^/]+)/src/adapters/outbound/', pathNot: TEST },
      { path: '^services/$1/src/adapters/inbound/' },
    ),
    forbid(
      'only-compose-sees-all',
      'compose.ts constructs the adapters; main.ts runs what it composed.',
      { path: '^services/[^/]+/src/', pathNot: [TEST, '/src/(compose|main)\\.ts$', '/src/adapters/'] },
      { path: '^services/[^/]+/src/adapters/' },
    ),
    forbid(
      'nothing-imports-compose',
      'Composition is the outermost layer.',
      { path: '^services/[^/]+/src/', pathNot: [TEST, '/src/(compose|main)\\.ts$'] },
      { path: '^services/[^/]+/src/(compose|main)\\.ts$' },
    ),
    forbid(
      'generated-types-stop-at-the-mappers',
      'Generated proto types are for adapters: the inside has words of its own.',
      { path: '^services/[^/]+/src/', pathNot: [TEST, '/src/(adapters/|compose\\.ts$)'] },
      { path: '^packages/contracts/src/(gen|grpc)/' },
    ),
    forbid(
      'generated-code-is-behind-contracts',
      'Only the contracts package reaches into its generated code.',
      { pathNot: '^packages/contracts/' },
      { path: '^packages/contracts/src/gen/' },
    ),
    forbid(
      'exact-positions-stay-with-four-services',
      'location, walk, realtime (in transit) and safety (open alert) may hold one; nobody else.',
      { pathNot: '^(services/(location|walk|realtime|safety)|packages/exact-position)/' },
      { path: '^packages/exact-position/' },
    ),
    forbid(
      'packages-never-import-services',
      'Mechanism knows no service; the mesh command and the testkit start them, benchmarks measure them.',
      { path: '^packages/', pathNot: '^packages/(mesh|testkit|bench)/' },
      { path: '^services/' },
    ),
    forbid(
      'tests-stay-out-of-the-product',
      'What ships does not import what tests it.',
      { path: '/src/', pathNot: [TEST, '^packages/testkit/'] },
      { path: ['^packages/testkit/', '\\.test\\.ts$', '/test/'], pathNot: 'node_modules' },
    ),
    forbid(
      'declared-dependencies-only',
      'What ships imports what its package.json names under dependencies.',
      { path: '^(services|packages)/[^/]+/src/', pathNot: [TEST, '^packages/testkit/', '/src/generate/'] },
      {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid(
      'no-cycles',
      'Two modules that need each other are one module.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbid('no-dead-imports', 'An import must lead somewhere.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.data)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.d.ts'],
    },
  },
}
