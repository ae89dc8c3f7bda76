import { cpSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * Bundles the process of the folder that it is run in: `src/main.ts` to `dist/main.mjs`, readable as it is.
 * A bundle starts faster and takes about a third less memory than the sources, whose types Node must strip.
 */
const folder = process.cwd()
const dist = join(folder, 'dist')

export default {
  input: join(folder, 'src/main.ts'),
  platform: 'node',
  // Native and WebAssembly code cannot be bundled; tracing is loaded only where an endpoint is set, and patches what lies outside.
  external: [/\.node$/, /^@node-rs\//, 'wasmoon', '@opentelemetry/sdk-node'],
  plugins: [assets(), latin1()],
  output: {
    dir: dist,
    entryFileNames: 'main.mjs',
    format: 'esm',
    codeSplitting: false,
    minify: { compress: true, mangle: false, codegen: true },
  },
}

/** Files that sources name by `new URL('…', import.meta.url)` are copied beside the bundle, and named there. */
function assets() {
  const pattern = /new URL\((['"`])(\.{1,2}\/[^'"`$]*)((?:\$\{\w+\}[^'"`]*)?)\1,\s*import\.meta\.url\)/g
  return {
    name: 'assets',
    buildStart: () => rmSync(dist, { recursive: true, force: true }),
    transform: {
      filter: { id: /\.ts$/ },
      handler(code, id) {
        if (id.includes('node_modules') || !pattern.test(code)) return null
        return code.replaceAll(pattern, (_whole, _quote, path, rest) => {
          const source = resolve(dirname(id), path)
          const owner = basename(dirname(source.endsWith('/') ? source.slice(0, -1) : source))
          const target = `assets/${owner}/${basename(source)}`
          cpSync(source, join(dist, target), { recursive: true })
          const slash = path.endsWith('/') ? '/' : ''
          return `new URL(\`./${target}${slash}${rest}\`, import.meta.url)`
        })
      },
    },
  }
}

/** One character above Latin-1 makes V8 keep the whole source in two bytes a character: they are escaped. */
function latin1() {
  const escaped = character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return {
    name: 'latin1',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const chunk of Object.values(bundle))
          if (chunk.type === 'chunk') chunk.code = chunk.code.replaceAll(/[\u0100-\uffff]/g, escaped)
      },
    },
  }
}
