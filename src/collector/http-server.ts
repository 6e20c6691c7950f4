import { createServer as createHttpServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { FastifyBaseLogger } from 'fastify'
import type { Audit } from './audit.ts'
import type { ListenOptions } from './listen.ts'
import { readTlsOptions, renewAtConnections, type TlsFiles } from './tls.ts'

const OPTIONS: ServerOptions = {
  requestTimeout: 30_000,
  // Who opens connections and says nothing must not keep them.
  headersTimeout: 10_000,
  connectionsCheckingInterval: 5000,
  // Clients that offer HTTP/2 beside (curl --http2, Java) are answered in HTTP/1.1.
  shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
}

export interface HttpServerDeps {
  readonly listen: Pick<ListenOptions, 'tls'>
  readonly audit: Pick<Audit, 'note'>
  readonly log: FastifyBaseLogger
}

/**
 * Makes the server that requests come through, with TLS where there are files for it.
 *
 * @throws {Error} when the files cannot be used
 */
export function createServer({ listen: { tls = null }, audit, log }: HttpServerDeps, answer: RequestListener): Server {
  return tls === null ? createHttpServer(OPTIONS, answer) : createTlsServer(tls, { audit, log }, answer)
}

function createTlsServer(
  files: TlsFiles,
  { audit, log }: Omit<HttpServerDeps, 'listen'>,
  answer: RequestListener,
): Server {
  const server = createHttpsServer({ ...OPTIONS, ...readTlsOptions(files) }, answer)
  renewAtConnections(server, files, log)
  server.on('tlsClientError', (err: NodeJS.ErrnoException, { remoteAddress: address = 'unknown' }: TLSSocket) => {
    // Whoever only looks whether the port is open hangs up.
    if (err.code === 'ECONNRESET') return
    const detail = err.code ?? err.message
    audit.note({ action: 'refused', reason: 'tls-handshake', address, agentId: null, node: null, detail })
  })
  return server
}
