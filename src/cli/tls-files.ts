import { readTlsOptions, type TlsFiles } from '../collector/tls.ts'
import { setting } from './config.ts'
import { UsageError } from './errors.ts'
import { text } from './settings.ts'

/** How a collector speaks TLS. */
export const tlsSettings = {
  tlsCert: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description: "speak TLS with this certificate, in PEM, followed by its authorities' in between",
  }),
  tlsKey: setting(text('the path of a file').optional(), { value: 'FILE', description: 'its key, in PEM' }),
  clientCa: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description: 'the authorities, in PEM, whose certificates name agents; asks agents for one',
  }),
}

export interface TlsPlaces {
  readonly tlsCert?: string | undefined
  readonly tlsKey?: string | undefined
  readonly clientCa?: string | undefined
}

/**
 * Checks the files that a collector is to speak TLS with; null where none is named.
 *
 * @throws UsageError when they cannot be used, or one is missing
 */
export function checkTlsFiles({ tlsCert: cert, tlsKey: key, clientCa }: TlsPlaces): TlsFiles | null {
  if (cert === undefined && key === undefined && clientCa === undefined) return null
  if (cert === undefined || key === undefined) {
    throw new UsageError('--tls-cert and --tls-key: expected both, as TLS needs them')
  }
  const files = { cert, key, clientCa: clientCa ?? null }
  try {
    readTlsOptions(files)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const flags = clientCa === undefined ? '--tls-cert and --tls-key' : '--tls-cert, --tls-key and --client-ca'
    throw new UsageError(`${flags}: expected PEM files that belong together: ${reason}`, { cause })
  }
  return files
}
