import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { protoFolder } from './output.ts'

const callerRow = z.union([
  z.strictObject({
    callers: z.array(z.string()).min(1),
    idempotent: z.boolean(),
    deadlineMs: z.int().positive(),
  }),
  z.strictObject({ callers: z.array(z.string()).min(1), stream: z.literal(true) }),
])

/**
 * `src/gen/callers.ts`: for every service definition a policy for each of its methods. The generated code is
 * typed by the definition, so that a method without a row, or a row without a method, does not compile.
 */
export function generateCallers(): string {
  const services = z
    .record(z.string(), z.record(z.string(), callerRow))
    .parse(parse(readFileSync(join(protoFolder, 'callers.yaml'), 'utf8')))
  const imports: string[] = []
  const consts: string[] = []
  for (const [fullName, methods] of Object.entries(services)) {
    const [, domain, version, name] = fullName.split('.') as [string, string, string, string]
    imports.push(
      `import type { ${name}Service } from './walkingbuddy/${domain}/${version}/${domain}_service.ts'`,
    )
    const rows = Object.entries(methods).map(([method, row]) => {
      const key = method[0]!.toLowerCase() + method.slice(1)
      const deadline = 'stream' in row ? undefined : row.deadlineMs
      return `  ${key}: { callers: ${JSON.stringify(row.callers)}, idempotent: ${'stream' in row ? true : row.idempotent}, deadlineMs: ${deadline} },`
    })
    const camelName = name[0]!.toLowerCase() + name.slice(1).replace(/Service$/, '')
    consts.push(
      `export const ${camelName}Callers: Readonly<Record<keyof typeof ${name}Service, RpcPolicy>> = {\n${rows.join('\n')}\n}\n`,
    )
  }
  return ["import type { RpcPolicy } from '../topic-codec.ts'", ...imports, '', ...consts].join('\n')
}
