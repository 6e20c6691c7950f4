import type { Socket } from 'node:net'
import type { ProbeIdentity } from '../model/port.ts'
import { askHttp, type Replied } from './ask-http.ts'
import { askTls, UNTOLD } from './ask-tls.ts'
import type { ProbeBounds } from './bounds.ts'
import { openTcp } from './connect.ts'
import { hearGreeting } from './hear.ts'
import { type Asked, outcomeOf } from './outcome.ts'
import type { ProbeMode, ProbeTarget } from './probe.ts'
import { isTlsRecord, recognise } from './recognise.ts'

/** What a server of HTTP, or of HTTPS, says to what it does not take for a request of its own. */
const BAD_REQUEST = 400

/** Asks a TCP port whether it is open, and in mode `identify` as what: on at most three connections. */
export async function askTcp(
  target: ProbeTarget,
  mode: ProbeMode,
  bounds: ProbeBounds,
  signal: AbortSignal,
): Promise<Asked> {
  const since = performance.now()
  const latencyMs = () => Math.round(performance.now() - since)
  try {
    const socket = await openTcp(target, bounds.connectMs, signal)
    const latency = latencyMs()
    if (mode === 'identify')
      return { ...cutShort(await identify(socket, target, bounds, signal), signal), latencyMs: latency }
    socket.destroy()
    return { outcome: 'open', latencyMs: latency }
  } catch (error) {
    return { ...outcomeOf(error instanceof Error ? error : new Error(String(error))), latencyMs: latencyMs() }
  }
}

/**
 * Listens for a greeting first, then asks by HTTP on the same connection: every server of TLS answers what is no TLS at
 * once, while one of HTTP may wait for a line to end that TLS never sends.
 */
async function identify(
  socket: Socket,
  target: ProbeTarget,
  bounds: ProbeBounds,
  signal: AbortSignal,
): Promise<Omit<Asked, 'latencyMs'>> {
  const { bytes, left } = await hearGreeting(socket, bounds.greetingMs, signal)
  if (bytes.length > 0 || left !== 'open') {
    socket.destroy()
    if (bytes.length > 0) return { outcome: 'open', identity: recognise(bytes) }
    if (left === 'reset') return { outcome: 'reset' }
    return { outcome: 'open', identity: { protocol: 'none' }, detail: 'closed without a word' }
  }
  const replied = await askHttp(socket, target, bounds, signal)
  const tls = mayBeTls(replied) ? await identifyTls(target, bounds, signal) : null
  if (tls !== null) return { outcome: 'open', identity: tls }
  if (replied.http !== undefined) return { outcome: 'open', identity: { protocol: 'http', http: replied.http } }
  if (isTlsRecord(replied.bytes)) return { outcome: 'open', identity: { protocol: 'tls', tls: UNTOLD } }
  if (replied.bytes.length === 0 && replied.reset) return { outcome: 'reset' }
  return { outcome: 'open', identity: recognise(replied.bytes) }
}

/** Who was not listened to for as long as he may take has not said nothing. */
function cutShort(asked: Omit<Asked, 'latencyMs'>, signal: AbortSignal): Omit<Asked, 'latencyMs'> {
  if (!signal.aborted || asked.identity?.protocol !== 'none') return asked
  return { outcome: 'open', detail: 'no time was left to identify it' }
}

/** Text other than HTTP's is somebody else's protocol; anything else may be how TLS takes a request without it. */
function mayBeTls({ http, bytes }: Replied): boolean {
  if (http !== undefined) return http.status === BAD_REQUEST
  const { protocol } = recognise(bytes)
  return protocol === 'none' || protocol === 'binary'
}

async function identifyTls(
  target: ProbeTarget,
  bounds: ProbeBounds,
  signal: AbortSignal,
): Promise<ProbeIdentity | null> {
  const shaken = await askTls(target, ['h2', 'http/1.1'], bounds, signal)
  if (shaken === null) return null
  const { tls, socket } = shaken
  if (socket === null) return { protocol: 'tls', tls }
  if (tls.alpn !== 'h2') return withHttp(tls, await askHttp(socket, target, bounds, signal))
  socket.destroy()
  const again = await askTls(target, ['http/1.1'], bounds, signal)
  if (again === null || again.socket === null) return { protocol: 'tls', tls }
  return withHttp(tls, await askHttp(again.socket, target, bounds, signal))
}

function withHttp(tls: NonNullable<ProbeIdentity['tls']>, { http }: Replied): ProbeIdentity {
  return { protocol: 'tls', tls, ...(http === undefined ? {} : { http }) }
}
