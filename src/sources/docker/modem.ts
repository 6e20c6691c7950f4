import { type IncomingMessage, request } from 'node:http'
import type { GapReason } from '../../model/gap.ts'

/** An answer that arrived and is no use. */
export class AnswerError extends Error {
  readonly reason: GapReason | 'no-such-container'

  constructor(reason: AnswerError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** Where one request goes, and how much and how long it may answer. */
export interface Limits {
  readonly socketPath: string
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** What dockerode asks of its transport, as far as this project uses it. */
interface Dial {
  /** Ends in `?` where a query may follow. */
  readonly path: string
  readonly method: string
  readonly options?: Readonly<Record<string, unknown>>
  readonly isStream?: boolean
}

/**
 * The transport below dockerode, in place of its own, which reads answers of any size, follows redirects to any host
 * and obeys DOCKER_HOST: a socket may belong to a user whose word is worth little. This one talks to one socket only.
 */
export function createModem(limits: Limits) {
  return {
    dial(dial: Dial, callback: (error: Error | null, answer: unknown) => void): void {
      answer(dial, limits).then(
        (result) => callback(null, result),
        (error) => callback(error, null),
      )
    },
  }
}

async function answer(dial: Dial, { socketPath, maxBytes, signal }: Limits): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const path = dial.path.replace(/\?$/, formatQuery(dial.options ?? {}))
  request({ socketPath, path, method: dial.method, agent: false, signal }, resolve).on('error', reject).end()
  const response = await promise
  if (response.statusCode !== 200) {
    response.destroy()
    throw refusal(response.statusCode ?? 0, dial.path)
  }
  return dial.isStream === true ? response.setEncoding('utf8') : JSON.parse(await readBounded(response, maxBytes))
}

/** The API takes objects, such as filters, as JSON. */
function formatQuery(options: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(options)) {
    query.set(key, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  return query.size > 0 ? `?${query}` : ''
}

function refusal(status: number, path: string): AnswerError {
  const message = `HTTP ${status} for ${path}`
  if (status === 404) return new AnswerError('no-such-container', message)
  if (status === 401 || status === 403) return new AnswerError('denied', message)
  return new AnswerError(status === 400 ? 'unsupported' : 'malformed', message)
}

async function readBounded(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    size += chunk.length
    if (size > maxBytes) throw new AnswerError('too-large', `an answer of more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const REASONS: Readonly<Record<string, GapReason>> = {
  ENOENT: 'missing',
  ECONNREFUSED: 'gone',
  ECONNRESET: 'gone',
  EPIPE: 'gone',
  EACCES: 'denied',
  EPERM: 'denied',
}

/** Says in a gap's word why a request or the parsing of its answer failed. */
export function reasonOf(error: unknown, deadline: AbortSignal): GapReason {
  if (deadline.aborted) return 'timeout'
  if (error instanceof AnswerError) return error.reason === 'no-such-container' ? 'gone' : error.reason
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return REASONS[code] ?? 'malformed'
}
