/**
 * `npm test`: every check of the repository, then every test on real engines.
 * `npm test -- packages/walk` runs the tests whose path contains the words, and no checks.
 *
 * Each check counts as one test. The last line is `N passed, N failed, N skipped`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NODE, ROOT } from './places.mjs'
import { prepare } from './prepare.mjs'
import { capture, handOver } from './run.mjs'

const VITEST_TIMEOUT_MS = 25 * 60_000

const { scripts, packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const script = name => ['npx', ['--yes', packageManager, 'run', name]]

const CHECKS = [
  ['format and lint', 'biome', ['check', '--error-on-warnings', '.']],
  ['types', 'tsc', ['-p', 'tsconfig.json', '--noEmit']],
  ['dependency rules', ...script('deps')],
  ...('contracts:check' in scripts ? [['contracts', ...script('contracts:check')]] : []),
]

const filters = process.argv.slice(2)
const totals = { passed: 0, failed: 0, skipped: 0 }
await prepare()
if (filters.length === 0) for (const check of CHECKS) await runCheck(...check)
await runTests(filters)

console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exitCode = totals.failed > 0 ? 1 : 0

async function runCheck(name, command, args) {
  const startedAt = performance.now()
  const { code, output } = await capture(command, args, { quiet: true })
  const ok = code === 0
  if (!ok) console.log(output)
  console.log(`${ok ? '✓' : '✗'} ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  totals[ok ? 'passed' : 'failed'] += 1
}

async function runTests(paths) {
  const directory = mkdtempSync(join(tmpdir(), 'walking-buddy-tests-'))
  const report = join(directory, 'report.json')
  try {
    const code = await handOver(
      'vitest',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...paths],
      { timeoutMs: VITEST_TIMEOUT_MS },
    )
    addTotals(code, report)
  } finally {
    rmSync(directory, { recursive: true, force: true })
    await capture(NODE, ['packages/engines/bin/stop-test-engines.ts'])
  }
}

/** A run that failed without a failed test (a worker that crashed, an error outside of tests) counts as one. */
function addTotals(code, report) {
  const results = readReport(report)
  const brokenFiles = results.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some(isFailed),
  ).length
  const failed = results.numFailedTests + brokenFiles
  totals.passed += results.numPassedTests
  totals.failed += failed
  totals.skipped += results.numPendingTests + results.numTodoTests
  if (failed > 0) return
  if (code !== 0) complain(`vitest ended with code ${code}, without a failed test`)
  else if (results.numPassedTests === 0) complain('no test ran')
}

function isFailed({ status }) {
  return status === 'failed'
}

function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return { testResults: [], numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 }
  }
}

function complain(message) {
  console.log(`✗ ${message}`)
  totals.failed += 1
}
