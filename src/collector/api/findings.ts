import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { SEVERITIES } from '../../model/finding.ts'
import type { ReadStore } from '../../store/store.ts'
import { column } from '../../transport/state-schema.ts'
import { problemResponse } from '../problem.ts'
import { paging, text } from './parameters.ts'
import { findingRow, pageOf } from './rows.ts'

const querystring = z.strictObject({
  node: text.optional(),
  rule: text.optional(),
  severity: z.enum(SEVERITIES).optional().describe('This severity or a higher one'),
  status: z.enum(['open', 'accepted', 'resolved']).optional(),
  group: column(1024).optional(),
  search: text.optional().describe('A part of summary, rule, container name, container id or pod'),
  ...paging,
})

/** Serves the findings with their evidence and their life. */
export function serveFindings(app: FastifyInstance, store: ReadStore): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/api/v1/findings',
    schema: {
      summary: 'Findings, the most severe first, of these the newest first',
      querystring,
      response: { 200: pageOf(findingRow), '4xx': problemResponse },
    },
    handler: ({ query: { limit, cursor, ...filter } }) => store.listFindings(filter, { limit, cursor }),
  })
}
