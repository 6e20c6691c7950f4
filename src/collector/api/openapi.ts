import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { problemSchema } from '../problem.ts'
import { containerRow, findingRow, nodeRow, portRow, quarantineRow } from './rows.ts'

/** Collects the schemas of the routes registered after it, and publishes them as one OpenAPI document. */
export async function publishOpenApi(app: FastifyInstance, version: string): Promise<void> {
  const schemaRegistry = z.registry<{ id: string }>()
  schemaRegistry.add(nodeRow, { id: 'Node' })
  schemaRegistry.add(containerRow, { id: 'Container' })
  schemaRegistry.add(findingRow, { id: 'Finding' })
  schemaRegistry.add(portRow, { id: 'Port' })
  schemaRegistry.add(quarantineRow, { id: 'Quarantined' })
  schemaRegistry.add(problemSchema, { id: 'Problem' })

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'nsentinel', version, description: 'What the collector knows of its nodes.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ schemaRegistry }),
    transformObject: createJsonSchemaTransformObject({ schemaRegistry }),
  })
  app.get('/api/v1/openapi.json', { config: { open: true }, schema: { hide: true } }, async () => app.swagger())
}
