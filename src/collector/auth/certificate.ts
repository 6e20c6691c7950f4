import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'

/** A certificate that an agent shows. */
export interface ShownCertificate {
  /** The names that it may give itself and its node. */
  readonly names: readonly string[]
  /** Why it is not good, by OpenSSL's code, such as `CERT_HAS_EXPIRED`; null when it is. */
  readonly fault: string | null
}

/** Reads the certificate of whoever sends a request; null where it shows none, or was not asked to. */
export function certificateOf({ socket }: IncomingMessage, now: number): ShownCertificate | null {
  if (!(socket instanceof TLSSocket)) return null
  const certificate = socket.getPeerCertificate()
  // Without a certificate it is an object without properties.
  if (certificate?.raw === undefined) return null
  const { subject, subjectaltname, valid_to: validTo } = certificate
  return { names: namesIn(subject.CN, subjectaltname), fault: faultOf(socket, Date.parse(validTo), now) }
}

/** Gives the names of type DNS, or the common name of a certificate that has no alternative names at all. */
export function namesIn(commonName: string | string[] | undefined, subjectAltName: string | undefined): string[] {
  if (subjectAltName === undefined) return typeof commonName === 'string' ? [commonName] : []
  // Node.js puts names with a comma or another odd character into quotes; no node has such a name.
  return subjectAltName.split(', ').flatMap((entry) => {
    const name = entry.startsWith('DNS:') ? entry.slice('DNS:'.length) : ''
    return name === '' || name.startsWith('"') ? [] : [name]
  })
}

/** A session that is resumed was verified when it began: only its end of validity can have come since. */
function faultOf({ authorized, authorizationError }: TLSSocket, validTo: number, now: number): string | null {
  if (!authorized) return String(authorizationError)
  return validTo < now ? 'CERT_HAS_EXPIRED' : null
}
