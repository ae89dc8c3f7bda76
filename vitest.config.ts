import { defineConfig } from 'vitest/config'

const ENGINES = 'packages/engines/src/test-engines.ts'

/** One set of engines serves all tests of a run; they are apart by database, topic prefix and consumer group. */
const onEngines = (name: string, include: string[], testTimeoutMs: number, order: object = {}) => ({
  extends: true as const,
  test: { name, include, globalSetup: [ENGINES], testTimeout: testTimeoutMs, hookTimeout: 120_000, ...order },
})

export default defineConfig({
  test: {
    exclude: ['**/node_modules/**', '**/dist/**', '.data/**'],
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{packages,services}/*/src/**/*.test.ts'] },
      },
      { extends: true, test: { name: 'repository', include: ['infra/**/*.test.ts'] } },
      onEngines('integration', ['{packages,services}/*/test/integration/**/*.test.ts'], 30_000),
      onEngines('component', ['{packages,services}/*/test/component/**/*.test.ts'], 60_000),
      // Each starts a whole mesh: one at a time, and after everything else.
      onEngines('e2e', ['e2e/**/*.test.ts'], 240_000, { maxWorkers: 1, sequence: { groupOrder: 1 } }),
    ],
  },
})
