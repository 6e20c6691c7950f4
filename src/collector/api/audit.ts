import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import type { ReadStore } from '../../store/store.ts'
import { problemResponse } from '../problem.ts'
import { paging } from './parameters.ts'
import { auditRow, pageOf } from './rows.ts'

const querystring = z.strictObject(paging)

/** Serves who was refused, and what changed of who may speak or ask. */
export function serveAudit(app: FastifyInstance, store: ReadStore): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/api/v1/audit',
    schema: {
      summary:
        'Refusals, enrolments and resets of agents, tokens made and revoked, logins, and commands, the newest first',
      querystring,
      response: { 200: pageOf(auditRow), '4xx': problemResponse },
    },
    handler: (request) => store.listAudit(request.query),
  })
}
