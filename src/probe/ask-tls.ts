import type { X509Certificate } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import type { ProbeIdentity } from '../model/port.ts'
import type { ProbeBounds } from './bounds.ts'
import { codeOf } from './outcome.ts'
import type { ProbeTarget } from './probe.ts'
import { clip } from './recognise.ts'

type TlsIdentity = NonNullable<ProbeIdentity['tls']>

/** A handshake that succeeded, or one that a server of TLS refused; null for who is none. */
export type Shaken =
  | { readonly tls: TlsIdentity; readonly socket: TLSSocket }
  | { readonly tls: TlsIdentity; readonly socket: null }
  | null

/** More names than this a certificate has only to hide the one that counts. */
const NAMES_MAX = 16

/** What a server of TLS could not be made to tell. */
export const UNTOLD: TlsIdentity = { version: 'unknown', names: [], expiresAt: null }

/**
 * Shakes hands by TLS, whatever the version and the certificate: both are to be told, not to be trusted.
 *
 * @param protocols to offer by ALPN, RFC 7301
 */
export function askTls(
  target: ProbeTarget,
  protocols: readonly string[],
  { answerMs }: ProbeBounds,
  signal: AbortSignal,
): Promise<Shaken> {
  const { promise, resolve } = Promise.withResolvers<Shaken>()
  const socket = connect({
    host: target.address,
    port: target.port,
    ALPNProtocols: [...protocols],
    rejectUnauthorized: false,
    // It is asked by address: that its names are others is no fault of the certificate.
    checkServerIdentity: () => undefined,
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)])
  const giveUp = () => socket.destroy(Object.assign(new Error('no handshake in time'), { code: 'ABORT_ERR' }))
  limit.addEventListener('abort', giveUp, { once: true })
  if (limit.aborted) giveUp()
  socket.on('error', (error: Error) => resolve(codeOf(error).includes('ALERT') ? { tls: UNTOLD, socket: null } : null))
  socket.on('close', () => resolve(null))
  socket.once('secureConnect', () => {
    limit.removeEventListener('abort', giveUp)
    resolve({ tls: identify(socket), socket })
  })
  return promise
}

function identify(socket: TLSSocket): TlsIdentity {
  const { alpnProtocol } = socket
  return {
    version: socket.getProtocol() ?? 'unknown',
    ...describe(socket.getPeerX509Certificate(), socket.authorizationError),
    ...(typeof alpnProtocol === 'string' ? { alpn: clip(alpnProtocol) } : {}),
  }
}

function describe(certificate: X509Certificate | undefined, failure: unknown): Omit<TlsIdentity, 'version'> {
  if (certificate === undefined) return { names: [], expiresAt: null }
  const expiresAt = certificate.validToDate.getTime()
  const distrust = distrustOf(certificate, failure)
  return {
    subject: clip(certificate.subject.replaceAll('\n', ', ')),
    names: parseAltNames(certificate.subjectAltName ?? ''),
    expiresAt: Number.isFinite(expiresAt) ? expiresAt : null,
    ...(distrust === '' ? {} : { distrust }),
  }
}

/** OpenSSL tells of one fault of several; that a certificate is out of date is told in any case. */
function distrustOf({ validFromDate, validToDate }: X509Certificate, failure: unknown): string {
  const now = Date.now()
  const faults = [
    ...(validToDate.getTime() < now ? ['CERT_HAS_EXPIRED'] : []),
    ...(validFromDate.getTime() > now ? ['CERT_NOT_YET_VALID'] : []),
    ...(failure ? [clip(String(failure instanceof Error ? failure.message : failure))] : []),
  ]
  return [...new Set(faults)].join(', ')
}

/** Lists the names in Node's rendering of a certificate's subjectAltName; one with a comma or a quote stands in quotes. */
export function parseAltNames(text: string): string[] {
  const entries = text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []
  return entries.slice(0, NAMES_MAX).map((entry) => clip(entry.trim().replace(/^[^:]{1,40}:/, '')))
}
