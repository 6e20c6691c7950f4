import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { STATE_TYPES } from '../../model/changes.ts'
import { EVENT_CHANGES } from '../../model/view.ts'
import type { ReadStore } from '../../store/store.ts'
import { column } from '../../transport/state-schema.ts'
import { problemResponse } from '../problem.ts'
import { paging, text } from './parameters.ts'
import { eventPage } from './rows.ts'

const time = z.coerce.number().int().nonnegative()

const querystring = z.strictObject({
  node: text.optional(),
  type: z.enum(STATE_TYPES).optional(),
  key: column(1024).optional().describe("Of a row: a finding's or container's `id`, for instance"),
  change: z.enum(EVENT_CHANGES).optional(),
  since: time.optional().describe('Received then or later, Unix milliseconds'),
  until: time.optional().describe('Received before, Unix milliseconds'),
  ...paging,
})

/** Serves history: what changed, when, and with which evidence. */
export function serveEvents(app: FastifyInstance, store: ReadStore): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/api/v1/events',
    schema: {
      summary: 'History, the newest first',
      querystring,
      response: { 200: eventPage, '4xx': problemResponse },
    },
    handler: ({ query: { limit, cursor, ...filter } }) => store.listEvents(filter, { limit, cursor }),
  })
}
