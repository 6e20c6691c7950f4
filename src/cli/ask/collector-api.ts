import { request as requestPlain } from 'node:http'
import { request as requestEncrypted } from 'node:https'
import { isLoopback } from '../../collector/listen.ts'
import type { Config } from '../config.ts'
import { UsageError } from '../errors.ts'
import type { Io } from '../io.ts'
import { readBounded } from '../read-bounded.ts'
import { readSecrets } from '../secrets.ts'
import type { apiSettings } from './settings.ts'

const LARGEST_PEM_BYTES = 1 << 20
/** Twice the largest result: what is in it may be written longer. */
const LARGEST_ANSWER_BYTES = 16 << 20

/** What a collector answered. */
export interface ApiAnswer {
  readonly status: number
  readonly body: unknown
}

/**
 * Posts to a collector's API.
 *
 * @param path below `/api/v1/`
 * @throws UsageError for a connection that others could read along, or without a token
 */
export async function postToCollector(
  config: Config<typeof apiSettings>,
  { env }: Io,
  { path, body, signal }: { readonly path: string; readonly body: object; readonly signal: AbortSignal },
): Promise<ApiAnswer> {
  const base = new URL(config.collector)
  if (base.protocol === 'http:' && !config.insecure && !isLoopback(base.hostname.replace(/^\[|\]$/g, ''))) {
    throw new UsageError(`--collector: expected https:// off loopback (or --insecure), got "${base.origin}"`)
  }
  const [token] = await readSecrets({
    ...{ flag: '--api-token-file', file: config.apiTokenFile },
    ...{ variable: 'NSENTINEL_API_TOKEN', env },
  })
  if (token === undefined) {
    throw new UsageError('--api-token-file (or NSENTINEL_API_TOKEN) is missing: expected a token of role operator')
  }
  const ca = config.ca === undefined ? {} : { ca: await readBounded(config.ca, LARGEST_PEM_BYTES) }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return send(new URL(`/api/v1/${path}`, base), { method: 'POST', headers, signal, ...ca }, JSON.stringify(body))
}

interface Sending {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly ca?: string
}

function send(url: URL, options: Sending, body: string): Promise<ApiAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>()
  const fail = (cause: unknown) => reject(new Error(`cannot ask the collector at ${url.origin}`, { cause }))
  // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
  const trust = { ...options, minVersion: 'TLSv1.2', rejectUnauthorized: true } as const
  const request = url.protocol === 'https:' ? requestEncrypted(url, trust) : requestPlain(url, options)
  request.on('error', fail)
  request.on('response', (response) => {
    const chunks: Buffer[] = []
    let size = 0
    response.on('error', fail)
    response.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > LARGEST_ANSWER_BYTES) request.destroy(new Error(`it answers more than ${LARGEST_ANSWER_BYTES} bytes`))
      else chunks.push(chunk)
    })
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      resolve({ status: response.statusCode ?? 0, body: parseBody(text) })
    })
  })
  request.end(body)
  return promise
}

/** What answers at that address may be anything. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
