import type { IncomingHttpHeaders } from 'node:http'
import type { Authority, Identity } from './authority.ts'

/** What a request shows of itself. */
export interface Credentials {
  readonly bearer: string | null
  readonly session: string | null
}

const BEARER = /^Bearer +(?<token>[^ ]+) *$/i

/** Reads the bearer token and the session's cookie from a request's headers. */
export function parseCredentials(headers: IncomingHttpHeaders, cookieName: string): Credentials {
  return {
    bearer: BEARER.exec(headers.authorization ?? '')?.groups?.['token'] ?? null,
    session: parseCookie(headers.cookie ?? '', cookieName),
  }
}

/** Finds out who shows these credentials; a bearer token, when there is one, alone decides. */
export async function identify(authority: Authority, { bearer, session }: Credentials): Promise<Identity | null> {
  if (bearer !== null) return authority.clientOf(bearer)
  return session === null ? null : authority.personOf(session)
}

/** Names the session's cookie: browsers share cookies among the ports of one host, so the port is in the name. */
export function cookieNameOf(port: number | undefined): string {
  return `nsentinel_session_${port}`
}

/** Writes the cookie of a session: no script reads it, no other site sends it. */
export function sessionCookie(name: string, secret: string, isEncrypted: boolean): string {
  return `${name}=${secret}; Path=/; HttpOnly; SameSite=Strict${isEncrypted ? '; Secure' : ''}`
}

/** Writes what has the browser forget the cookie of a session. */
export function endedCookie(name: string, isEncrypted: boolean): string {
  return `${sessionCookie(name, '', isEncrypted)}; Max-Age=0`
}

function parseCookie(header: string, name: string): string | null {
  const pairs = header.split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null
}
