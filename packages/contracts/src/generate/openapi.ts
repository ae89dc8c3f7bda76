import { z } from 'zod'
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi'
import { allOperations, type OperationShape, problem } from '../rest/index.ts'

const sharedProblems: Record<number, readonly string[]> = {
  400: ['invalid-request'],
  413: ['body-too-large'],
  429: ['rate-limited'],
  500: ['internal'],
  503: ['unavailable'],
}

/** OpenAPI 3.1 of every operation. */
export function openapiDocument(): object {
  const paths: ZodOpenApiPathsObject = {}
  for (const operation of allOperations) {
    const path = paths[operation.path] ?? {}
    path[operation.method] = describe(operation)
    paths[operation.path] = path
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Walking Buddy',
      version: '1',
      description: 'Find a companion for a walk nearby. Conventions: docs/mobile.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://localhost:8000' }],
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    paths,
  })
}

function describe(operation: OperationShape) {
  const problems: Record<number, readonly string[]> = { ...sharedProblems }
  if (operation.access.kind === 'user') problems[401] = ['unauthorized', 'session-ended']
  for (const [status, codes] of Object.entries(operation.problems ?? {}))
    problems[Number(status)] = [...(problems[Number(status)] ?? []), ...codes]
  const headers: Record<string, z.ZodType> = {
    ...(operation.idempotencyKey
      ? {
          'Idempotency-Key': z
            .string()
            .min(1)
            .max(255)
            .optional()
            .meta({ description: 'A repeat with the same key gives the first answer, for 7 days.' }),
        }
      : {}),
    ...(operation.ifMatch
      ? {
          'If-Match': z
            .string()
            .optional()
            .meta({ description: 'The ETag of the representation that the change is based on.' }),
        }
      : {}),
  }
  return {
    operationId: operation.id,
    summary: operation.summary,
    tags: [operation.service],
    security: operation.access.kind === 'user' ? [{ bearer: [] }] : [],
    requestParams: {
      ...(operation.params ? { path: operation.params } : {}),
      ...(operation.query ? { query: operation.query } : {}),
      ...(Object.keys(headers).length > 0 ? { header: z.object(headers) } : {}),
    },
    ...(operation.body
      ? { requestBody: { content: { 'application/json': { schema: operation.body } } } }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.responses).map(([status, schema]) => [
          status,
          {
            description: statusText(Number(status)),
            ...(schema ? { content: { 'application/json': { schema } } } : {}),
          },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(problems).map(([status, codes]) => [
          status,
          {
            description: codes.map(code => `\`${code}\``).join(', '),
            content: { 'application/problem+json': { schema: problem } },
          },
        ]),
      ),
    },
  }
}

const statusText = (status: number) =>
  ({ 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No content' })[status] ?? 'Answer'
