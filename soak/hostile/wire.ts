import { randomBytes } from 'node:crypto'
import { AGENT_PATH } from '../../src/collector/upgrade.ts'

const FIN = 0x80
const MASKED = 0x80
const TEXT = 1

export interface WireOptions {
  /** The first byte: whether it is the last fragment, reserved bits, and what it is. */
  readonly first?: number
  readonly isMasked?: boolean
  /** The length that the header tells, whatever follows. */
  readonly toldLength?: number
}

/** Writes a WebSocket frame (RFC 6455) as a client does, or not at all as one does. */
export function wireFrame(payload: string | Buffer, given: WireOptions = {}): Buffer {
  const { first = FIN | TEXT, isMasked = true } = given
  const body = Buffer.from(payload)
  const header = headerOf(first, given.toldLength ?? body.length, isMasked)
  if (!isMasked) return Buffer.concat([header, body])
  const mask = randomBytes(4)
  for (let index = 0; index < body.length; index += 1) body[index] = (body[index] ?? 0) ^ (mask[index & 3] ?? 0)
  return Buffer.concat([header, mask, body])
}

function headerOf(first: number, length: number, isMasked: boolean): Buffer {
  const flag = isMasked ? MASKED : 0
  if (length < 126) return Buffer.from([first, flag | length])
  const header = Buffer.alloc(length < 65_536 ? 4 : 10)
  header[0] = first
  header[1] = flag | (length < 65_536 ? 126 : 127)
  if (length < 65_536) header.writeUInt16BE(length, 2)
  else header.writeBigUInt64BE(BigInt(length), 2)
  return header
}

/** What somebody shows in a handshake. */
export interface Shown {
  readonly secret: string | null
  readonly token: string | null
  readonly extra?: string
}

/** Writes the request that opens an agent's WebSocket. */
export function wireHandshake({ secret, token, extra = '' }: Shown): Buffer {
  const lines = [
    `GET ${AGENT_PATH} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Protocol: nsentinel.v1',
    ...(secret === null ? [] : [`Authorization: Bearer ${secret}`]),
    ...(token === null ? [] : [`Nsentinel-Enrolment: ${token}`]),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n${extra}\r\n`, 'latin1')
}
