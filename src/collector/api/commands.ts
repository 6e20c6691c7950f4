import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { COMMANDS } from '../../model/command.ts'
import { LONGEST_COMMAND_MS, requestSchema, USUAL_COMMAND_MS } from '../../transport/command-schema.ts'
import { resultSchemas } from '../../transport/result-schema.ts'
import { nameOf } from '../auth/identity-name.ts'
import type { CommandDesk } from '../commands/desk.ts'
import type { Outcome } from '../commands/outcome.ts'
import { Problem, problemResponse } from '../problem.ts'
import { text } from './parameters.ts'

const params = z.object({ name: text })
const querystring = z.strictObject({
  timeoutMs: z.coerce
    .number()
    .int()
    .min(1000)
    .max(LONGEST_COMMAND_MS)
    .default(USUAL_COMMAND_MS)
    .describe('How long the agent may take'),
})
const answer = z.object({
  node: z.string(),
  command: z.enum(COMMANDS),
  result: z.union([resultSchemas.scan, resultSchemas.probe, resultSchemas.triage]),
})

/** Each way in which a command does not come to a result. */
const PROBLEMS = {
  refused: [409, 'command-refused'],
  'not-connected': [409, 'not-connected'],
  'unknown-node': [404, 'not-found'],
  'too-many': [429, 'too-many-commands'],
  failed: [502, 'command-failed'],
  lost: [502, 'agent-lost'],
  'bad-reply': [502, 'bad-reply'],
  'too-large': [502, 'reply-too-large'],
  'timed-out': [504, 'timed-out'],
} as const satisfies Record<Exclude<Outcome['status'], 'done'>, readonly [number, string]>

/** Serves what operators ask of nodes; the answer comes when the agent has answered, or will not. */
export function serveCommands(app: FastifyInstance, desk: CommandDesk): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/api/v1/nodes/:name/commands',
    config: { requires: 'operator' },
    schema: {
      summary: 'Asks the agent of a node: scan, probe or triage, as far as the agent allows',
      params,
      querystring,
      body: requestSchema,
      response: { 200: answer, '4xx': problemResponse, '5xx': problemResponse },
    },
    handler: async (request, reply) => {
      const { name: node } = request.params
      const { body, ip: address, identity } = request
      const asked = { node, request: body, timeoutMs: request.query.timeoutMs, operator: nameOf(identity), address }
      const outcome = await desk.ask(asked, gone(reply))
      if (outcome.status !== 'done') throw problemOf(outcome)
      return { node, command: body.command, result: JSON.parse(outcome.text) }
    },
  })
}

function problemOf(outcome: Exclude<Outcome, { status: 'done' }>): Problem {
  const [status, code] = PROBLEMS[outcome.status]
  const headers = outcome.status === 'too-many' ? { 'retry-after': String(outcome.retryAfterS) } : {}
  return new Problem(status, code, outcome.reason, headers)
}

/** Fires when whoever asked has gone. */
function gone({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  raw.once('close', () => controller.abort())
  return controller.signal
}
