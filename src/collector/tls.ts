import { readFileSync, statSync } from 'node:fs'
import type { ServerOptions } from 'node:https'
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls'
import type { FastifyBaseLogger } from 'fastify'

/** The PEM files of a collector that speaks TLS. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  /** The authorities that may vouch for agents; null asks them for no certificate. */
  readonly clientCa: string | null
}

/** How long a handshake may take: who only opens connections must not keep them. */
const HANDSHAKE_MS = 10_000

/**
 * Reads what a TLS server needs.
 *
 * @throws {Error} when a file cannot be read, holds no PEM, or key and certificate do not belong together
 */
export function readTlsOptions(files: TlsFiles): ServerOptions {
  return {
    ...readMaterial(files),
    handshakeTimeout: HANDSHAKE_MS,
    requestCert: files.clientCa !== null,
    // People's browsers on the same port have no certificate; who speaks for a node is decided with a reason, later.
    rejectUnauthorized: false,
  }
}

/** Takes new files into use at the first connection after they were put in place; while they do not fit, the old go on. */
export function renewAtConnections(server: Server, files: TlsFiles, log: FastifyBaseLogger): void {
  let known = versionOf(files)
  // Before the server's own listener, which begins the handshake.
  server.prependListener('connection', () => {
    const version = versionOf(files)
    if (version === known) return
    try {
      server.setSecureContext(readMaterial(files))
      log.info({ cert: files.cert }, 'took a new certificate into use')
    } catch (err) {
      log.error({ err }, 'could not take a new certificate into use: the old one goes on')
    }
    known = version
  })
}

function readMaterial({ cert, key, clientCa }: TlsFiles): SecureContextOptions {
  const material = {
    cert: readFileSync(cert),
    key: readFileSync(key),
    // Whatever NODE_OPTIONS say.
    minVersion: 'TLSv1.2',
    ...(clientCa === null ? {} : { ca: readFileSync(clientCa) }),
  } as const
  createSecureContext(material)
  return material
}

/** What changes when one of the files does, or the link to it; a file that is gone has a version, too. */
function versionOf({ cert, key, clientCa }: TlsFiles): string {
  const versions = [cert, key, clientCa].map((file) => {
    const stats = file === null ? undefined : statSync(file, { throwIfNoEntry: false })
    return stats === undefined ? '' : `${stats.ino}/${stats.mtimeMs}/${stats.size}`
  })
  return versions.join()
}
