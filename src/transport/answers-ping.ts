import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'

const PING_BYTES = 8

/**
 * Pings, and tells whether this very ping is answered in time: an answer to an earlier one may have lain unread since its
 * sender ended. What `isEnough` finds when a message comes counts as an answer, too.
 */
export async function answersPing(socket: WebSocket, timeoutMs: number, isEnough: () => boolean): Promise<boolean> {
  const ping = randomBytes(PING_BYTES)
  const answer = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => answer.resolve(false), timeoutMs)
  const onPong = (data: Buffer) => {
    if (data.equals(ping)) answer.resolve(true)
  }
  const onMessage = () => {
    if (isEnough()) answer.resolve(true)
  }
  const onClose = () => answer.resolve(false)
  socket.on('pong', onPong)
  socket.on('message', onMessage)
  socket.on('close', onClose)
  socket.ping(ping)
  try {
    return await answer.promise
  } finally {
    clearTimeout(timer)
    socket.off('pong', onPong)
    socket.off('message', onMessage)
    socket.off('close', onClose)
  }
}
