import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import type { ReadStore } from '../../store/store.ts'
import { problemResponse } from '../problem.ts'
import { paging } from './parameters.ts'
import { pageOf, quarantineRow } from './rows.ts'

const querystring = z.strictObject(paging)

/** Serves what agents sent and this version could not read. */
export function serveQuarantine(app: FastifyInstance, store: ReadStore): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/api/v1/quarantine',
    schema: {
      summary: 'Events that could not be read, the newest first',
      querystring,
      response: { 200: pageOf(quarantineRow), '4xx': problemResponse },
    },
    handler: (request) => store.listQuarantine(request.query),
  })
}
