import type { Change } from '../model/changes.ts'

/** Writes a row as it stands in a snapshot and as it is hashed: the canonical JSON of `{key, type, value}`. */
export function encodeRow(type: string, key: string, value: string): string {
  return `{"key":${JSON.stringify(key)},"type":${JSON.stringify(type)},"value":${value}}`
}

/** Writes a change as canonical JSON, as it stands in a batch; `value` is the put's, canonical itself, null for a delete. */
export function encodeEvent({ op, at, type, key, cause }: Change, seq: number, value: string | null): string {
  const event = JSON.stringify({ at, cause, key, op, seq, type })
  return value === null ? event : `${event.slice(0, -1)},"value":${value}}`
}
