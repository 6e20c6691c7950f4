import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { ProbeBounds } from './bounds.ts'
import { type Asked, outcomeOf } from './outcome.ts'
import type { ProbeMode, ProbeTarget } from './probe.ts'
import { recognise } from './recognise.ts'

/** The first datagram may be lost in a full queue. */
const TRIES = 2

/**
 * Asks a UDP port with empty datagrams. Only the kernel's word that nobody is there (ICMP port unreachable, which a
 * connected socket hears as ECONNREFUSED, udp(7)) says that it is closed; silence says nothing.
 */
export async function askUdp(
  target: ProbeTarget,
  mode: ProbeMode,
  { datagramMs }: ProbeBounds,
  signal: AbortSignal,
): Promise<Asked> {
  const since = performance.now()
  const socket = createSocket(isIPv6(target.address) ? 'udp6' : 'udp4')
  const limit = AbortSignal.any([signal, AbortSignal.timeout(datagramMs)])
  const heard = await hear(socket, target, datagramMs / TRIES, limit)
  socket.close()
  const latencyMs = Math.round(performance.now() - since)
  if (heard === null) return { outcome: 'silent', latencyMs }
  if (heard instanceof Error) return { ...outcomeOf(heard), latencyMs }
  return { outcome: 'open', ...(mode === 'identify' ? { identity: recognise(heard) } : {}), latencyMs }
}

function hear(
  socket: Socket,
  target: ProbeTarget,
  everyMs: number,
  limit: AbortSignal,
): Promise<Buffer | Error | null> {
  const { promise, resolve } = Promise.withResolvers<Buffer | Error | null>()
  // A datagram that cannot be sent is told of to its sender, and by no event.
  const send = () => socket.send('', (error) => error && resolve(error))
  let timer: NodeJS.Timeout | undefined
  socket.on('message', resolve)
  socket.on('error', resolve)
  socket.on('close', () => clearInterval(timer))
  socket.connect(target.port, target.address, (error?: Error) => {
    if (error) return resolve(error)
    send()
    timer = setInterval(send, everyMs)
  })
  const giveUp = () => resolve(null)
  limit.addEventListener('abort', giveUp, { once: true })
  if (limit.aborted) giveUp()
  return promise
}
