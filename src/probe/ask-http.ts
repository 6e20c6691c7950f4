import { type IncomingMessage, request } from 'node:http'
import { isIPv6, type Socket } from 'node:net'
import type { ProbeIdentity } from '../model/port.ts'
import type { ProbeBounds } from './bounds.ts'
import { codeOf } from './outcome.ts'
import type { ProbeTarget } from './probe.ts'
import { clip } from './recognise.ts'
import { parseTitle } from './title.ts'

type HttpIdentity = NonNullable<ProbeIdentity['http']>

/** What came back for a request: HTTP, or something else, which may be nothing at all. */
export interface Replied {
  readonly http?: HttpIdentity
  /** The first bytes, whatever they are. */
  readonly bytes: Buffer
  readonly reset: boolean
}

/** What is kept to tell what somebody is who does not speak HTTP. */
const KEPT_BYTES = 1024
const HEADER_BYTES = 16_384

/** Says who asks, for whoever reads the log of what was asked. */
const USER_AGENT = 'nsentinel-probe'

/**
 * Asks for `/` on an open connection, and closes it. No redirect is followed and nothing is decompressed; a body is
 * read only for the title of a page.
 */
export async function askHttp(
  socket: Socket,
  target: ProbeTarget,
  { answerMs, bytes: most }: ProbeBounds,
  signal: AbortSignal,
): Promise<Replied> {
  const kept = keepFirst(socket, most)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)])
  try {
    const response = await getRoot(socket, target, limit)
    return { http: await identify(response, most), bytes: kept.bytes(), reset: false }
  } catch (error) {
    return { bytes: kept.bytes(), reset: error instanceof Error && codeOf(error) === 'ECONNRESET' && kept.reset() }
  } finally {
    socket.destroy()
  }
}

function getRoot(socket: Socket, { address, port }: ProbeTarget, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const asked = request({
    createConnection: () => socket,
    method: 'GET',
    path: '/',
    headers: {
      host: `${isIPv6(address) ? `[${address.replace(/%.*$/, '')}]` : address}:${port}`,
      'user-agent': USER_AGENT,
      accept: '*/*',
      'accept-encoding': 'identity',
      connection: 'close',
    },
    maxHeaderSize: HEADER_BYTES,
    signal,
  })
  asked.on('response', (response) => {
    // How it ends once it has begun is of no interest, but must be heard.
    response.on('error', reject)
    resolve(response)
  })
  asked.on('upgrade', (response) => resolve(response))
  asked.on('error', reject)
  asked.on('close', () => reject(new Error('closed without an answer')))
  asked.end()
  return promise
}

async function identify(response: IncomingMessage, most: number): Promise<HttpIdentity> {
  const { server } = response.headers
  const [location] = [response.headers.location].flat()
  const title = isPage(response) ? parseTitle(await readBody(response, most)) : null
  return {
    status: response.statusCode ?? 0,
    ...(server === undefined ? {} : { server: clip(`${server}`) }),
    ...(title === null ? {} : { title }),
    ...(location === undefined ? {} : { redirect: clip(location) }),
  }
}

/** Tells whether a body can be read for a title: HTML, and not compressed. */
function isPage({ headers }: IncomingMessage): boolean {
  const [coding = 'identity'] = [headers['content-encoding']].flat()
  const [type = ''] = [headers['content-type']].flat()
  return coding === 'identity' && /^(?:text\/html|application\/xhtml)/i.test(type)
}

/** Reads a body until its title has ended or enough was read; what came until it broke off or time was up counts. */
function readBody(response: IncomingMessage, most: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  const finish = () => resolve(text)
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text += chunk
    if (text.length >= most || /<\/title>/i.test(text)) finish()
  })
  for (const event of ['end', 'error', 'close']) response.on(event, finish)
  return promise
}

/** Keeps the first bytes that come, and ends a connection that brings too many. */
function keepFirst(socket: Socket, most: number) {
  let bytes: Buffer = Buffer.alloc(0)
  let reset = false
  socket.on('data', (chunk: Buffer) => {
    if (bytes.length < KEPT_BYTES) bytes = Buffer.concat([bytes, chunk.subarray(0, KEPT_BYTES - bytes.length)])
    if (socket.bytesRead > most) socket.destroy(new Error('too much'))
  })
  // node:http reports an orderly end without an answer under the same code as a reset.
  socket.on('error', (error: Error) => {
    reset = codeOf(error) === 'ECONNRESET'
  })
  return { bytes: () => bytes, reset: () => reset }
}
