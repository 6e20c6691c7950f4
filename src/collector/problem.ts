import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import * as z from 'zod'
import { CursorError } from '../store/store.ts'
import { SECURITY_HEADERS } from './headers.ts'

/** The body of every error answer (RFC 9457), with a stable `code` to branch on. */
const problemSchema = z
  .object({
    status: z.number().int(),
    code: z.string(),
    title: z.string().describe('For people; it may change.'),
    parameters: z
      .array(z.object({ name: z.string(), problem: z.string() }))
      .optional()
      .describe('The parameters at fault, each with what was expected.'),
  })
  .meta({ id: 'Problem', description: 'Why a request was refused' })

/** How routes declare that they may answer with a problem. */
export const problemResponse = {
  description: 'A problem',
  content: { 'application/problem+json': { schema: problemSchema } },
}

type ProblemBody = z.output<typeof problemSchema>

/** An answer other than success; its message is shown to the client. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, title: string, headers: Readonly<Record<string, string>> = {}) {
    super(title)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** Says that the collector cannot do its work for now. */
export function notReady(): Problem {
  return new Problem(503, 'not-ready', 'The store does not answer, or cannot be written')
}

/**
 * Sends every error and unknown path as a problem; what is not the client's doing is logged and not told.
 *
 * @param isReady tells whether the store answers: what fails while it does not is no fault of the collector
 */
export function sendProblems(app: FastifyInstance, isReady: (request: FastifyRequest) => Promise<boolean>): void {
  app.setErrorHandler<FastifyError>(async (error, request, reply) => {
    if (error instanceof Problem)
      return send(reply.headers({ ...error.headers }), error.status, error.code, error.message)
    if (hasZodFastifySchemaValidationErrors(error)) return sendInvalid(reply, error.validation.flatMap(faultsOf))
    if (error instanceof CursorError) return sendInvalid(reply, [{ name: 'cursor', problem: error.message }])
    const { statusCode = 500 } = error
    if (statusCode < 500) return send(reply, statusCode, 'bad-request', error.message)
    logFailure(request, error)
    const { status, code, message } = (await isReady(request))
      ? new Problem(500, 'internal', 'The collector failed to answer; its log says why')
      : notReady()
    return send(reply, status, code, message)
  })
  app.setNotFoundHandler((_request, reply) => send(reply, 404, 'not-found', 'There is nothing at this address'))
}

/** Refuses an address that no route can be looked up for; no hook sees it. */
export function refuseAddress({ statusCode = 400 }: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  send(reply.headers(SECURITY_HEADERS), statusCode, 'bad-request', 'The address cannot be read')
}

function sendInvalid(reply: FastifyReply, parameters: NonNullable<ProblemBody['parameters']>): FastifyReply {
  return send(reply, 400, 'invalid-parameter', 'A parameter is not as expected', parameters)
}

function send(
  reply: FastifyReply,
  status: number,
  code: string,
  title: string,
  parameters?: ProblemBody['parameters'],
): FastifyReply {
  const body: ProblemBody = { status, code, title, ...(parameters === undefined ? {} : { parameters }) }
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(body)
}

interface Fault {
  readonly instancePath: string
  readonly message?: string | undefined
  readonly params: Readonly<Record<string, unknown>>
}

/** Zod blames an unknown parameter on the whole query and names it aside. */
function faultsOf({ instancePath, message = 'not as expected', params }: Fault): { name: string; problem: string }[] {
  const unknown = params['keys']
  if (Array.isArray(unknown))
    return unknown.map((name) => ({ name: String(name), problem: 'there is no such parameter' }))
  return [{ name: instancePath.slice(1), problem: message }]
}

/** Names the route and not the address, whose query may hold a login token. */
function logFailure(request: FastifyRequest, err: Error): void {
  request.log.error({ err, method: request.method, route: request.routeOptions.url }, 'request failed')
}
