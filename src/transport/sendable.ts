import type { Change } from '../model/changes.ts'
import { canonicalJson } from './canonical-json.ts'
import type { TransportLog } from './log.ts'
import { MAX_KEY_LENGTH } from './state-schema.ts'

const MAX_EVENT_BYTES = 256 * 1024

/** A change that can be sent, and the put's value as canonical JSON; null for a delete. */
export interface Sendable {
  readonly change: Change
  readonly value: string | null
}

/** Makes a change sendable: a row that is not must not stand in the collector as it was before, so it is deleted. */
export function sendable(change: Change, log: TransportLog): Sendable {
  if (change.op === 'delete') return { change, value: null }
  const { at, type, key } = change
  const value = canonicalJson(change.value)
  const fits = value !== null && Buffer.byteLength(value) <= MAX_EVENT_BYTES && key.length <= MAX_KEY_LENGTH
  if (fits && !key.includes('\0')) return { change, value }
  log.warn({ type, key: key.slice(0, MAX_KEY_LENGTH) }, 'row is too large, too deep or badly named to be sent')
  return { change: { op: 'delete', at, type, key, cause: 'too-large' }, value: null }
}
