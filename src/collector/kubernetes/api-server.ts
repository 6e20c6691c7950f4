import { readFile } from 'node:fs/promises'
import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import * as z from 'zod'

/** Where a cluster's API server is, and what we show it. Both files are read anew for each question, as they rotate. */
export interface ApiServer {
  /** `https:`, or `http:` to a proxy on loopback. */
  readonly url: URL
  /** The authorities, in PEM, that vouch for it; null trusts those of Node.js. */
  readonly caFile: string | null
  /** Holds our own token. */
  readonly tokenFile: string
}

export interface TokenQuestion {
  readonly token: string
  /** Whom the token must be made for. */
  readonly audience: string
}

const PATH = '/apis/authentication.k8s.io/v1/tokenreviews'
const MOST_BYTES = 256 * 1024
const CREATED = 201

const failure = z.object({ kind: z.literal('Status'), message: z.string() })

/**
 * Asks the API server about a token, by a TokenReview of authentication.k8s.io/v1, and gives its answer's JSON.
 *
 * @throws {Error} when no answer comes before the signal fires, or it is an error, whose words are in the message, too large or no JSON
 */
export async function askTokenReview(
  server: ApiServer,
  { token, audience }: TokenQuestion,
  signal: AbortSignal,
): Promise<unknown> {
  const spec = { token, audiences: [audience] }
  const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec })
  const response = await send(await open(server, signal), body)
  const text = await readAll(response)
  const { statusCode = 0 } = response
  const answer = parseJson(text)
  if (statusCode !== CREATED) {
    const message = failure.safeParse(answer).data?.message ?? 'without a word'
    throw new Error(`the API server answered ${statusCode}: ${message}`)
  }
  if (answer === undefined) throw new Error('the API server answered with no JSON')
  return answer
}

async function open({ url, caFile, tokenFile }: ApiServer, signal: AbortSignal): Promise<ClientRequest> {
  const read = (file: string) => readFile(file, { encoding: 'utf8', signal })
  const [token, ca] = await Promise.all([read(tokenFile), caFile === null ? null : read(caFile)])
  const options: RequestOptions = {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token.trim()}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
    // A connection that was kept may lead to a server that is gone.
    agent: false,
    signal,
  }
  const target = new URL(`${url.pathname.replace(/\/$/, '')}${PATH}`, url)
  if (url.protocol === 'http:') return requestHttp(target, options)
  // Whatever NODE_OPTIONS or NODE_TLS_REJECT_UNAUTHORIZED say.
  const tls = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const
  return requestHttps(target, { ...options, ...tls, ...(ca === null ? {} : { ca }) })
}

function send(request: ClientRequest, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve).on('error', reject).end(body)
  })
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size > MOST_BYTES) throw new Error(`the API server answered more than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
