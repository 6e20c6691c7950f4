import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import type { Hub } from '../transport/hub.ts'
import type { Authority } from './auth/authority.ts'
import { type Credentials, cookieNameOf, identify, parseCredentials } from './auth/credentials.ts'
import type { Failures } from './auth/failures.ts'
import { isLoopbackHost } from './listen.ts'

/** Where agents connect. */
export const AGENT_PATH = '/api/v1/agents/connect'
const LIVE_PATH = '/api/v1/live'

/** Takes over a dashboard's connection before its handshake is answered; `stillAdmitted` is asked again while it lasts. */
export interface LiveDoor {
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, stillAdmitted: () => Promise<boolean>): void
}

export interface UpgradeDeps {
  readonly authority: Authority
  readonly failures: Failures
  readonly agents: Pick<Hub, 'accept'>
  readonly live: LiveDoor
  readonly loopbackOnly: boolean
  readonly log: FastifyBaseLogger
}

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Decides who may have a WebSocket, before anything of it is read. */
export function createUpgrade(deps: UpgradeDeps): Upgrade {
  return (request, socket, head) => {
    const drop = () => socket.destroy()
    socket.on('error', drop)
    admit(deps, request)
      .then((admission) => {
        if (typeof admission === 'number') return refuse(socket, admission)
        socket.off('error', drop)
        admission(socket, head)
      })
      .catch((err: unknown) => {
        deps.log.error({ err }, 'could not decide about a connection')
        refuse(socket, 500)
      })
  }
}

/** How to hand the connection over, or the status that refuses it. */
type Admission = ((socket: Duplex, head: Buffer) => void) | number

async function admit(deps: UpgradeDeps, request: IncomingMessage): Promise<Admission> {
  if (deps.loopbackOnly && !isLoopbackHost(request.headers.host)) return 403
  const [path] = (request.url ?? '').split('?')
  if (path === AGENT_PATH) return admitAgent(deps, request)
  return path === LIVE_PATH ? admitDashboard(deps, request) : 404
}

/** An agent is no browser: whatever shows an Origin is refused. */
async function admitAgent(deps: UpgradeDeps, request: IncomingMessage): Promise<Admission> {
  if (request.headers.origin !== undefined) return 403
  const { bearer } = credentialsOf(request)
  if (bearer !== null && (await deps.authority.admitsAgent(bearer))) {
    return (socket, head) => deps.agents.accept(request, socket, head)
  }
  return countFailure(deps, 'agent', request)
}

async function admitDashboard(deps: UpgradeDeps, request: IncomingMessage): Promise<Admission> {
  const credentials = credentialsOf(request)
  if (!hasOwnOrigin(request, credentials)) return 403
  const stillAdmitted = async () => (await identify(deps.authority, credentials)) !== null
  if (await stillAdmitted()) return (socket, head) => deps.live.accept(request, socket, head, stillAdmitted)
  return credentials.bearer === null ? 401 : countFailure(deps, 'client', request)
}

/** Browsers let any page open a WebSocket with our cookie, but they do name the page. */
function hasOwnOrigin({ headers }: IncomingMessage, { bearer }: Credentials): boolean {
  if (headers.origin === undefined) return bearer !== null
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host?.toLowerCase()
}

function countFailure({ failures }: UpgradeDeps, kind: 'agent' | 'client', request: IncomingMessage): number {
  return failures.count(kind, request.socket.remoteAddress ?? 'unknown') === null ? 401 : 429
}

function credentialsOf(request: IncomingMessage): Credentials {
  return parseCredentials(request.headers, cookieNameOf(request.socket.localPort))
}

function refuse(socket: Duplex, status: number): void {
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
