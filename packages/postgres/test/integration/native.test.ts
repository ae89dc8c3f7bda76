import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('loads in Node itself, where CommonJS drivers show fewer names than under the test runner', async () => {
  const script = `console.log(typeof (await import(${JSON.stringify(import.meta.resolve('../../src/index.ts'))})).postgres)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  expect(stdout).toBe('function\n')
})
