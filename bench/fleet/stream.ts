import { type Digest, emptyDigest, toggle } from '../../src/model/digest.ts'
import { canonicalJson } from '../../src/transport/canonical-json.ts'
import { digestText, hashRow } from '../../src/transport/digest.ts'
import { encodeRow } from '../../src/transport/encode.ts'
import { containerRow, findingRow, portRow } from './rows.ts'

/** How many different containers come and go on a node before the first one comes again. */
const GENERATIONS = 16
/** How many events each is. */
const STEPS = 8

interface Step {
  readonly key: string
  /** The row as it stands in a snapshot; null where the event deletes it. */
  readonly row: string | null
  /** The event's JSON up to its number, and behind it. */
  readonly head: string
  readonly tail: string
  /** The digest of the state after it. */
  readonly digest: string
}

/**
 * What every simulated node lives through, again and again: a container comes with its port and two findings, and goes.
 * Event n and the state after it follow from n alone, so that an agent needs no spool to send again what was not stored.
 */
const CYCLE: readonly Step[] = Array.from({ length: GENERATIONS }, (_, index) => stepsOf(index)).flat()

/** Writes event `seq` as canonical JSON. */
export function eventText(seq: number, at: number): string {
  const { head, tail } = stepOf(seq)
  return `{"at":${at},${head}${seq}${tail}`
}

/** Gives the digest of the state after event `seq`; before the first event there is no row. */
export function digestAfter(seq: number): string {
  return seq === 0 ? digestText(emptyDigest()) : stepOf(seq).digest
}

/** Gives the rows of the state after event `seq`, as they stand in a snapshot. */
export function stateAfter(seq: number): readonly string[] {
  const rows = new Map<string, string>()
  const begun = seq - (seq % STEPS)
  for (let number = begun + 1; number <= seq; number += 1) {
    const { key, row } = stepOf(number)
    if (row === null) rows.delete(key)
    else rows.set(key, row)
  }
  return [...rows.values()]
}

function stepOf(seq: number): Step {
  const step = CYCLE[(seq - 1) % CYCLE.length]
  if (step === undefined) throw new RangeError(`no event ${seq}`)
  return step
}

function stepsOf(generation: number): Step[] {
  const digest = emptyDigest()
  const rows = [
    containerRow(generation),
    portRow(generation),
    findingRow(generation, 'net'),
    findingRow(generation, 'pid'),
  ].map(({ type, key, value }) => ({ type, key, value: canonicalJson(value) ?? '' }))
  const puts = rows.map(({ type, key, value }): Step => {
    const row = encodeRow(type, key, value)
    const head = `"key":${JSON.stringify(key)},"op":"put","seq":`
    const tail = `,"type":${JSON.stringify(type)},"value":${value}}`
    return { key, row, head, tail, digest: toggled(digest, hashRow(row)) }
  })
  const deletes = rows.toReversed().map(({ type, key, value }): Step => {
    const cause = type === 'finding' ? '"cause":"gone",' : ''
    const head = `${cause}"key":${JSON.stringify(key)},"op":"delete","seq":`
    const tail = `,"type":${JSON.stringify(type)}}`
    return { key, row: null, head, tail, digest: toggled(digest, hashRow(encodeRow(type, key, value))) }
  })
  return [...puts, ...deletes]
}

function toggled(digest: Digest, hash: Digest): string {
  toggle(digest, hash)
  return digestText(digest)
}
