import type { ProbeIdentity } from '../model/port.ts'
import { TEXT_LENGTH } from './bounds.ts'

const SSH = /^SSH-\d/
const HTTP = /^HTTP\/\d(?:\.\d)? (?<status>\d{3})\b/

/** What no text has: tabs, line ends and escapes are text too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what tells text from binary
const CONTROLS = /[\x00-\x08\x0e-\x1a\x1c-\x1f]/

/** Records of TLS: alert and handshake, RFC 8446 section 5.1. */
const TLS_RECORDS = [0x15, 0x16]
const TLS_MAJOR = 3

const HEX_BYTES = 32

/** Tells what somebody is by the first bytes that he said. */
export function recognise(bytes: Buffer): ProbeIdentity {
  if (bytes.length === 0) return { protocol: 'none' }
  const text = textOf(bytes)
  if (text === null) return { protocol: 'binary', banner: bytes.subarray(0, HEX_BYTES).toString('hex') }
  const banner = text.split(/\r?\n/).find((line) => line.trim() !== '') ?? ''
  const status = HTTP.exec(text)?.groups?.['status']
  if (status !== undefined) return { protocol: 'http', http: { status: Number(status) } }
  return { protocol: SSH.test(text) ? 'ssh' : 'banner', banner: clip(banner) }
}

/** Tells whether bytes begin as a server of TLS begins, or as one that refuses what is not TLS. */
export function isTlsRecord(bytes: Buffer): boolean {
  return TLS_RECORDS.includes(bytes[0] ?? 0) && bytes[1] === TLS_MAJOR
}

/** Cuts a peer's text to what is kept of one, never inside a character. */
export function clip(text: string): string {
  if (text.length <= TEXT_LENGTH) return text
  const kept = text.slice(0, TEXT_LENGTH - 1)
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}…`
}

/** Decodes UTF-8; null where it is none. A character that is cut at the end is left out. */
function textOf(bytes: Buffer): string | null {
  const text = new TextDecoder().decode(bytes, { stream: true })
  return text.includes('\ufffd') || CONTROLS.test(text) ? null : text
}
