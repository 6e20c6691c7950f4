import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify'
import { covers, type Role } from '../../model/role.ts'
import type { Audit } from '../audit.ts'
import { isLoopbackHost } from '../listen.ts'
import { Problem } from '../problem.ts'
import type { Authority, Identity } from './authority.ts'
import { type Credentials, cookieNameOf, identify, parseCredentials } from './credentials.ts'
import type { Failures } from './failures.ts'
import { nameOf } from './identity-name.ts'
import { hasOwnOrigin } from './origin.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered without credentials. */
    readonly open?: boolean
    /** The least role that is answered; without it a viewer for GET and HEAD, and an operator for whatever may change something. */
    readonly requires?: Role
  }
  interface FastifyRequest {
    /** Who asks; null where the route is open. */
    identity: Identity | null
  }
}

export interface GateDeps {
  readonly authority: Authority
  readonly failures: Failures
  readonly audit: Pick<Audit, 'note'>
  /** Only names of loopback are answered, against DNS rebinding. */
  readonly loopbackOnly: boolean
}

const READING = ['GET', 'HEAD']

/** Refuses every request without credentials, or of too low a role, but for the routes that say `open`. */
export function guard(app: FastifyInstance, deps: GateDeps): void {
  app.decorateRequest('identity', null)
  app.addHook('onRequest', async (request) => {
    if (deps.loopbackOnly && !isLoopbackHost(request.headers.host)) throw wrongHost()
    const credentials = parseCredentials(request.headers, cookieNameOf(request.socket.localPort))
    if (!READING.includes(request.method) && !hasOwnOrigin(request.headers, credentials)) throw wrongOrigin()
    const role = requiredRole(request.routeOptions.config, request.method)
    if (role === null) return
    const identity = await admit(deps, credentials, request.ip)
    if (!covers(identity.role, role)) throw forbid(deps, request, { identity, role })
    request.identity = identity
  })
}

/** Gives the least role that a route answers; null where it answers everybody. */
export function requiredRole({ open = false, requires }: FastifyContextConfig, method: string): Role | null {
  if (open) return null
  return requires ?? (READING.includes(method) ? 'viewer' : 'operator')
}

async function admit({ authority, failures }: GateDeps, credentials: Credentials, address: string): Promise<Identity> {
  const identity = await identify(authority, credentials)
  if (identity !== null) return identity
  // A session that ended is no guess: a dashboard left open shows its cookie again and again.
  const retryAfter = credentials.bearer === null ? null : failures.count('client', address)
  throw retryAfter === null ? unauthorized() : tooManyFailures(retryAfter)
}

function wrongHost(): Problem {
  return new Problem(403, 'wrong-host', 'The Host header must be localhost or a loopback address')
}

function wrongOrigin(): Problem {
  return new Problem(403, 'wrong-origin', 'Only pages of this collector, and programs with a bearer token, may do this')
}

/** The route, not the address, stands in the audit: an address is as long as somebody likes. */
function forbid(
  { audit }: GateDeps,
  { ip: address, method, routeOptions }: FastifyRequest,
  { identity, role }: { readonly identity: Identity; readonly role: Role },
): Problem {
  const detail = `${method} ${routeOptions.url}, by ${nameOf(identity)}`
  audit.note({ action: 'forbidden', reason: `takes-${role}`, address, agentId: null, node: null, detail })
  return new Problem(403, 'forbidden', `This takes the role ${role}`)
}

function unauthorized(): Problem {
  const title = 'Log in with the address that nsentinel printed, or send Authorization: Bearer <API token>'
  return new Problem(401, 'unauthorized', title, { 'www-authenticate': 'Bearer' })
}

function tooManyFailures(retryAfter: number): Problem {
  const title = `Too many failed logins from this address: wait ${retryAfter} s`
  return new Problem(429, 'too-many-failures', title, { 'retry-after': String(retryAfter) })
}
