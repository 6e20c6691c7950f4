import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { cookieNameOf } from '../auth/credentials.ts'
import { requiredRole } from '../auth/gate.ts'

/** Later versions may add fields: a client that generates code from this must not refuse them. */
const zodToJsonConfig = {
  override: ({ jsonSchema }: { jsonSchema: { additionalProperties?: unknown } }) => {
    if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  },
}

const DESCRIPTION = `What the collector knows of its nodes. Each operation says in \`security\` and \`x-required-role\` the least
role that it takes: a viewer reads, an operator also changes things and may do all that a viewer may.`

const token = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A token that `nsentinel collector token create` made, or one of --api-token-file, which is an operator.',
} as const

const session = {
  type: 'apiKey',
  in: 'cookie',
  description: 'Of a browser that logged in. Whatever is no GET must also name the own page as its Origin.',
} as const

export interface PublishedAs {
  readonly version: string
  /** Where the collector listens, after which a session's cookie is named. */
  readonly port: number
}

/** Collects the schemas of the routes registered after it, and publishes them as one OpenAPI document. */
export async function publishOpenApi(app: FastifyInstance, { version, port }: PublishedAs): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'nsentinel', version, description: DESCRIPTION },
      components: { securitySchemes: { token, session: { ...session, name: cookieNameOf(port) } } },
    },
    transform: stateRole,
    transformObject: createJsonSchemaTransformObject({ zodToJsonConfig }),
  })
  app.get('/api/v1/openapi.json', { config: { open: true }, schema: { hide: true } }, async () => app.swagger())
}

const describe = createJsonSchemaTransform({ zodToJsonConfig })

/** Says of each route what the gate asks for, by the same function. */
const stateRole: NonNullable<FastifyDynamicSwaggerOptions['transform']> = (given) => {
  const { schema, url } = describe(given)
  const [method = 'GET'] = [given.route.method].flat()
  const role = requiredRole(given.route.config ?? {}, method)
  if (role === null) return { schema: { ...schema, security: [] }, url }
  const asked = { security: [{ token: [role] }, { session: [role] }], 'x-required-role': role }
  return { schema: { ...schema, ...asked }, url }
}
