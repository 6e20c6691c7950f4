import { connect } from 'node:net'
import type { Visit } from './visit.ts'

const PATIENCE_MS = 20_000
/** Who waits for the rest of a frame gets what was sent before it first. */
const TORN_MS = 50
const MOST_HEARD = 256 * 1024

/** How a visit ended, by the collector's own word: the reason of a bye or a refusal, a close code, a status, or `cut`. */
export interface Ending {
  readonly name: string
  readonly acks: number
}

/** Makes one visit and waits for its end. */
export function visit(port: number, { first, last, isTorn, acks }: Visit): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>()
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  let rest: Buffer | null = last
  socket.setTimeout(PATIENCE_MS, () => {
    heard += 'TIMEOUT'
    socket.destroy()
  })
  socket.on('data', (chunk) => {
    if (heard.length < MOST_HEARD) heard += chunk.toString('latin1')
    // The answer to a goodbye, or what only looks like one.
    if (heard.includes('{"type":"bye"') || closeCodeIn(chunk) !== null) socket.end()
    else if (rest !== null && countAcks(heard) >= acks) {
      socket.write(rest)
      rest = null
      if (isTorn) setTimeout(() => socket.end(), TORN_MS)
    }
  })
  // A reset is an end like any other: what counts is what was said before.
  socket.on('error', () => socket.destroy())
  socket.on('close', () => resolve({ name: nameOf(heard), acks: countAcks(heard) }))
  socket.write(first)
  return promise
}

function countAcks(heard: string): number {
  return heard.split('{"type":"ack"').length - 1
}

function nameOf(heard: string): string {
  if (heard.endsWith('TIMEOUT')) return 'TIMEOUT'
  const bye = /\{"type":"bye","reason":"(?<reason>[a-z-]+)"/.exec(heard)?.groups?.['reason']
  if (bye !== undefined) return bye
  const status = /^HTTP\/1\.1 (?<status>\d{3})/.exec(heard)?.groups?.['status'] ?? 'cut'
  const reason = /nsentinel-reason: (?<reason>[a-z-]+)/.exec(heard)?.groups?.['reason']
  if (reason !== undefined) return reason
  const code = closeCodeIn(Buffer.from(heard, 'latin1'))
  if (code !== null) return `close ${code}`
  return status === '101' ? 'cut' : status
}

/** Reads the code of a close frame of a server: 0x88, a length, and two bytes of which the first is 3 in codes of RFC 6455. */
function closeCodeIn(heard: Buffer): number | null {
  const start = heard.lastIndexOf(Buffer.from([0x88]))
  return start !== -1 && heard[start + 2] === 3 ? heard.readUInt16BE(start + 2) : null
}
