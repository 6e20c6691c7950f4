import { WebSocket } from 'ws'
import { ENROLMENT_HEADER } from './admission.ts'
import { MAX_FRAME_BYTES, SUBPROTOCOL } from './protocol.ts'

/** What an agent shows of itself when it connects, and whom it trusts. */
export interface AgentCredentials {
  readonly secret: string
  /** The agent shows the same secret again after a restart. */
  readonly keepsSecret: boolean
  /** Null where the agent has none, as when it has enrolled already. */
  readonly enrolmentToken: string | null
  /** The authorities, in PEM, that may vouch for the collector; null trusts those that Node.js brings along. */
  readonly ca: string | null
  /** The agent's own certificate, in PEM. */
  readonly identity: { readonly cert: string; readonly key: string } | null
}

/** Begins to connect; what goes wrong on the way is the socket's `error`. */
export function dial(url: URL, credentials: AgentCredentials, timeoutMs: number): WebSocket {
  const { secret, enrolmentToken, ca, identity } = credentials
  const enrolment = enrolmentToken === null ? {} : { [ENROLMENT_HEADER]: enrolmentToken }
  return new WebSocket(url, SUBPROTOCOL, {
    headers: { authorization: `Bearer ${secret}`, ...enrolment },
    handshakeTimeout: timeoutMs,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    // Whatever NODE_OPTIONS or NODE_TLS_REJECT_UNAUTHORIZED say.
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca === null ? {} : { ca }),
    ...identity,
  })
}
