import type { FastifyInstance } from 'fastify'
import { isLoopbackHost } from '../listen.ts'
import { Problem } from '../problem.ts'
import type { Authority } from './authority.ts'
import { cookieNameOf, identify, parseCredentials } from './credentials.ts'
import type { Failures } from './failures.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered without credentials. */
    readonly open?: boolean
  }
}

export interface GateDeps {
  readonly authority: Authority
  readonly failures: Failures
  /** Only names of loopback are answered, against DNS rebinding. */
  readonly loopbackOnly: boolean
}

/** Refuses every request without credentials, but for the routes that say `open`. */
export function guard(app: FastifyInstance, { authority, failures, loopbackOnly }: GateDeps): void {
  app.addHook('onRequest', async (request) => {
    if (loopbackOnly && !isLoopbackHost(request.headers.host)) throw wrongHost()
    if (request.routeOptions.config.open === true) return
    const credentials = parseCredentials(request.headers, cookieNameOf(request.socket.localPort))
    if ((await identify(authority, credentials)) !== null) return
    // A session that ended is no guess: a dashboard left open shows its cookie again and again.
    const retryAfter = credentials.bearer === null ? null : failures.count('client', request.ip)
    throw retryAfter === null ? unauthorized() : tooManyFailures(retryAfter)
  })
}

function wrongHost(): Problem {
  return new Problem(403, 'wrong-host', 'The Host header must be localhost or a loopback address')
}

function unauthorized(): Problem {
  const title = 'Log in with the address that nsentinel printed, or send Authorization: Bearer <API token>'
  return new Problem(401, 'unauthorized', title, { 'www-authenticate': 'Bearer' })
}

function tooManyFailures(retryAfter: number): Problem {
  const title = `Too many failed logins from this address: wait ${retryAfter} s`
  return new Problem(429, 'too-many-failures', title, { 'retry-after': String(retryAfter) })
}
