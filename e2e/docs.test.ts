import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MeshUnderTest, startMeshUnderTest } from './support/mesh-under-test.ts'

const run = promisify(execFile)
const page = readFileSync(join(import.meta.dirname, '../docs/mobile.md'), 'utf8')
const block = (language: string) => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)![1]!

let mesh: MeshUnderTest
let folder: string
beforeAll(async () => {
  mesh = await startMeshUnderTest()
  // Inside the workspace, where socket.io-client can be found.
  folder = mkdtempSync(join(import.meta.dirname, 'docs-'))
})
afterAll(async () => {
  if (folder) rmSync(folder, { recursive: true })
  await mesh?.stop()
})

test('the walk by curl on the page for mobile developers works as it is written', async () => {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block('sh')], {
    env: { ...process.env, API: mesh.url },
    timeout: 60_000,
  })
  expect(stdout.trim().split('\n').at(-1)).toBe('completed')
})

test('the TypeScript on the page for mobile developers works as it is written', async () => {
  const file = join(folder, 'first-walk.ts')
  writeFileSync(file, block('ts'))
  const { stdout } = await run(process.execPath, [file], {
    env: { ...process.env, API: mesh.url },
    timeout: 60_000,
  })
  expect(stdout).toMatch(/^accepted [0-9a-f-]{36}/)
})
