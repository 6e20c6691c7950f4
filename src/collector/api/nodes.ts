import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import type { ReadStore } from '../../store/store.ts'
import { Problem, problemResponse } from '../problem.ts'
import { paging, text } from './parameters.ts'
import { nodeRow, pageOf } from './rows.ts'

const querystring = z.strictObject(paging)
const params = z.object({ name: text })

/** Serves the nodes: how each is, what could not be read there, and how much is open. */
export function serveNodes(app: FastifyInstance, store: ReadStore): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/api/v1/nodes',
    schema: {
      summary: 'Nodes, by name',
      querystring,
      response: { 200: pageOf(nodeRow), '4xx': problemResponse },
    },
    handler: (request) => store.listNodes(request.query),
  })
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/api/v1/nodes/:name',
    schema: { summary: 'One node', params, response: { 200: nodeRow, '4xx': problemResponse } },
    handler: async (request) => {
      const node = await store.readNode(request.params.name)
      if (node === null) throw new Problem(404, 'not-found', 'No agent has ever spoken for this node')
      return node
    },
  })
}
