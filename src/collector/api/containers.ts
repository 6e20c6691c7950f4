import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { NAMESPACE_KINDS } from '../../model/namespace.ts'
import type { ReadStore } from '../../store/store.ts'
import { problemResponse } from '../problem.ts'
import { paging, text } from './parameters.ts'
import { containerRow, pageOf } from './rows.ts'

const querystring = z.strictObject({
  node: text.optional(),
  pod: text.optional().describe('As `namespace/name`'),
  search: text.optional().describe('A part of name, id, image or pod'),
  shared: z
    .enum(NAMESPACE_KINDS)
    .optional()
    .describe("Only containers with a task in the host's namespace of this kind"),
  ...paging,
})

/** Serves the containers: declared beside observed, for each kind of namespace. */
export function serveContainers(app: FastifyInstance, store: ReadStore): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/api/v1/containers',
    schema: {
      summary: 'Containers, by node and name',
      querystring,
      response: { 200: pageOf(containerRow), '4xx': problemResponse },
    },
    handler: ({ query: { limit, cursor, ...filter } }) => store.listContainers(filter, { limit, cursor }),
  })
}
