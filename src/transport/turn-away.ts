import type { Duplex } from 'node:stream'
import { REASON_HEADER } from './admission.ts'

/** Over how long those return for whom there was no room. */
const RETURN_WITHIN_S = 5

/** Answers a handshake with a status that asks to come back later. */
export function turnAway(socket: Duplex, reason: string, random: () => number): void {
  const retryAfterS = 1 + Math.floor(random() * RETURN_WITHIN_S)
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  const headers = `Retry-After: ${retryAfterS}\r\n${REASON_HEADER}: ${reason}\r\nConnection: close\r\nContent-Length: 0`
  socket.end(`HTTP/1.1 503 Service Unavailable\r\n${headers}\r\n\r\n`)
}
