import type { IncomingHttpHeaders } from 'node:http'
import type { Credentials } from './credentials.ts'

/** Browsers send our cookie along with what other pages ask for, but they do name the page: it must be ours. */
export function hasOwnOrigin({ origin, host }: IncomingHttpHeaders, { bearer }: Credentials): boolean {
  if (origin === undefined) return bearer !== null
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}
