import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import type { ReadStore } from '../../store/store.ts'
import { problemResponse } from '../problem.ts'
import { paging, text } from './parameters.ts'
import { pageOf, portRow } from './rows.ts'

const querystring = z.strictObject({
  node: text.optional(),
  protocol: z.enum(['tcp', 'udp', 'sctp']).optional(),
  port: z.coerce.number().int().min(1).max(65_535).optional().describe('Rows that hold this host port'),
  ...paging,
})

/** Serves the host ports: who answers, by which mechanism, and who declared it. */
export function servePorts(app: FastifyInstance, store: ReadStore): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/api/v1/ports',
    schema: {
      summary: 'Host ports, by node and port',
      querystring,
      response: { 200: pageOf(portRow), '4xx': problemResponse },
    },
    handler: ({ query: { limit, cursor, ...filter } }) => store.listPorts(filter, { limit, cursor }),
  })
}
