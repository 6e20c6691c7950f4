import { connect, type Socket } from 'node:net'
import type { ProbeTarget } from './probe.ts'

/**
 * Opens a TCP connection. The socket's errors are its reader's to hear; without one they are nobody's.
 *
 * @throws {Error} with the code of connect(2), or `ABORT_ERR` when the time was up
 */
export function openTcp(target: ProbeTarget, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ host: target.address, port: target.port })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const giveUp = () => socket.destroy(Object.assign(new Error('no answer in time'), { code: 'ABORT_ERR' }))
  limit.addEventListener('abort', giveUp, { once: true })
  if (limit.aborted) giveUp()
  socket.on('error', reject)
  socket.once('connect', () => {
    limit.removeEventListener('abort', giveUp)
    if (isConnectedToItself(socket)) {
      socket.destroy()
      reject(Object.assign(new Error('nobody but ourselves'), { code: 'ECONNREFUSED' }))
    } else {
      resolve(socket)
    }
  })
  return promise
}

/** Linux may choose for our end the very port that is asked: with nobody there it connects to itself. */
function isConnectedToItself({ localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
  return localPort === remotePort && localAddress === remoteAddress
}
