import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { ENROLMENT_HEADER, REASON_HEADER } from '../transport/admission.ts'
import type { Hub } from '../transport/hub.ts'
import type { Audit } from './audit.ts'
import type { AgentJudgement, Authority } from './auth/authority.ts'
import { certificateOf } from './auth/certificate.ts'
import { type Credentials, cookieNameOf, identify, parseCredentials } from './auth/credentials.ts'
import type { Failures } from './auth/failures.ts'
import { hasOwnOrigin } from './auth/origin.ts'
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
  readonly audit: Pick<Audit, 'note'>
  readonly agents: Pick<Hub, 'accept'>
  readonly live: LiveDoor
  readonly loopbackOnly: boolean
  readonly now: () => number
  readonly log: FastifyBaseLogger
}

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Decides who may have a WebSocket, before anything of it is read. */
export function createUpgrade(deps: UpgradeDeps): Upgrade {
  return (request, socket, head) => {
    const drop = () => socket.destroy()
    socket.on('error', drop)
    admit(deps, request)
      .then((decision) => {
        if (typeof decision !== 'function') return refuse(socket, decision)
        socket.off('error', drop)
        decision(socket, head)
      })
      .catch((err: unknown) => {
        deps.log.error({ err }, 'could not decide about a connection')
        refuse(socket, { status: 500 })
      })
  }
}

/** Why a connection is not let in. */
interface Refused {
  readonly status: number
  /** For agents, who log it. */
  readonly reason?: string
  readonly retryAfterS?: number | null
}

/** How to hand the connection over, or why not. */
type Decision = ((socket: Duplex, head: Buffer) => void) | Refused

async function admit(deps: UpgradeDeps, request: IncomingMessage): Promise<Decision> {
  const [path] = (request.url ?? '').split('?')
  const isMisnamed = deps.loopbackOnly && !isLoopbackHost(request.headers.host)
  if (path === AGENT_PATH) return isMisnamed ? refuseAgent(deps, request, 403, 'wrong-host') : admitAgent(deps, request)
  if (isMisnamed) return { status: 403 }
  return path === LIVE_PATH ? admitDashboard(deps, request) : { status: 404 }
}

/** An agent is no browser: whatever shows an Origin is refused. */
async function admitAgent(deps: UpgradeDeps, request: IncomingMessage): Promise<Decision> {
  if (request.headers.origin !== undefined) return refuseAgent(deps, request, 403, 'has-origin')
  const { bearer } = credentialsOf(request)
  const token = request.headers[ENROLMENT_HEADER]
  const enrolmentToken = typeof token === 'string' ? token : null
  const certificate = certificateOf(request, deps.now())
  const address = addressOf(request)
  const judged = await deps.authority.judgeAgent({ secret: bearer, enrolmentToken, certificate }, address)
  if ('refusal' in judged) return refuseAgent(deps, request, 401, judged.refusal, judged.detail)
  if ('postponed' in judged) return postponeAgent(deps, address, judged)
  const admission = { proof: judged.proof, address }
  return (socket, head) => deps.agents.accept(request, socket, head, admission)
}

function refuseAgent(
  deps: UpgradeDeps,
  request: IncomingMessage,
  status: number,
  reason: string,
  detail?: string | null,
): Refused {
  const address = addressOf(request)
  deps.audit.note({ action: 'refused', reason, address, agentId: null, node: null, detail: detail ?? null })
  const retryAfterS = deps.failures.count('agent', address)
  return { status: retryAfterS === null ? status : 429, reason, retryAfterS }
}

/** That nobody can tell at the moment is no failure of the agent's. */
function postponeAgent(
  { audit }: UpgradeDeps,
  address: string,
  { postponed: reason, detail }: Extract<AgentJudgement, { postponed: unknown }>,
): Refused {
  audit.note({ action: 'refused', reason, address, agentId: null, node: null, detail })
  return { status: 503, reason }
}

async function admitDashboard(deps: UpgradeDeps, request: IncomingMessage): Promise<Decision> {
  const credentials = credentialsOf(request)
  if (!hasOwnOrigin(request.headers, credentials)) return { status: 403 }
  const stillAdmitted = async () => (await identify(deps.authority, credentials)) !== null
  if (await stillAdmitted()) return (socket, head) => deps.live.accept(request, socket, head, stillAdmitted)
  if (credentials.bearer === null) return { status: 401 }
  return { status: deps.failures.count('client', addressOf(request)) === null ? 401 : 429 }
}

function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? 'unknown'
}

function credentialsOf(request: IncomingMessage): Credentials {
  return parseCredentials(request.headers, cookieNameOf(request.socket.localPort))
}

function refuse(socket: Duplex, { status, reason, retryAfterS = null }: Refused): void {
  const why = reason === undefined ? '' : `${REASON_HEADER}: ${reason}\r\n`
  const wait = retryAfterS === null ? '' : `Retry-After: ${retryAfterS}\r\n`
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${why}${wait}Connection: close\r\nContent-Length: 0\r\n\r\n`,
  )
}
