import type { Socket } from 'node:net'
import { codeOf } from './outcome.ts'

/** What a peer said unasked. */
export interface Heard {
  readonly bytes: Buffer
  /** How it ended: the peer closed or reset the connection, or it is still `open`. */
  readonly left: 'open' | 'closed' | 'reset'
}

/** A greeting is one line: this much of it is enough to tell. */
const ENOUGH_BYTES = 1024

/** Listens for what a peer says unasked, until the end of its first line; the connection stays as it is. */
export function hearGreeting(socket: Socket, waitMs: number, signal: AbortSignal): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<Heard>()
  let bytes: Buffer = Buffer.alloc(0)
  const finish = (left: Heard['left']) => {
    clearTimeout(timer)
    for (const [event, listener] of listeners) socket.off(event, listener)
    signal.removeEventListener('abort', onQuiet)
    resolve({ bytes, left })
  }
  const onQuiet = () => finish('open')
  const listeners = [
    [
      'data',
      (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk.subarray(0, ENOUGH_BYTES)])
        if (chunk.includes('\n') || bytes.length >= ENOUGH_BYTES) onQuiet()
      },
    ],
    ['end', () => finish('closed')],
    ['error', (error: Error) => finish(codeOf(error) === 'ECONNRESET' ? 'reset' : 'closed')],
    ['close', () => finish('closed')],
  ] as const
  const timer = setTimeout(onQuiet, waitMs)
  signal.addEventListener('abort', onQuiet, { once: true })
  for (const [event, listener] of listeners) socket.on(event, listener)
  if (signal.aborted) onQuiet()
  return promise
}
