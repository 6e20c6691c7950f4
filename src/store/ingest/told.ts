import type { StateItem } from '../../model/changes.ts'
import { type Digest, emptyDigest, toggle } from '../../model/digest.ts'
import type { NodesTable, StagedTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import type { PreparedPart, RowChange } from './prepared.ts'
import { keptOf } from './state-row.ts'

/** A row that a snapshot changes: null as item is one that goes, or that could not be read. */
export interface SwapChange extends RowChange {
  readonly item: StateItem | null
  /** The row was there before. */
  readonly wasThere: boolean
}

/** A whole snapshot, held against the state of its node. */
export interface Told {
  /** The rows that differ: those to delete first. */
  readonly changes: readonly SwapChange[]
  readonly digest: Digest
}

/** Reads a snapshot whose parts are staged. */
export async function readStaged({ trx }: WriteContext, nodeId: number): Promise<Told> {
  const missing = await trx
    .selectFrom('state')
    .leftJoin('staged', (join) =>
      join.onRef('staged.node_id', '=', 'state.node_id').onRef('staged.key', '=', 'state.key'),
    )
    .select(['state.key', 'state.type'])
    .where('state.node_id', '=', nodeId)
    .where('staged.key', 'is', null)
    .orderBy('state.key')
    .execute()
  const put = await trx
    .selectFrom('staged')
    .leftJoin('state', (join) =>
      join.onRef('state.node_id', '=', 'staged.node_id').onRef('state.key', '=', 'staged.key'),
    )
    .select(['staged.key', 'staged.type', 'staged.hash', 'staged.item', 'state.key as known'])
    .where('staged.node_id', '=', nodeId)
    .where(({ eb, or, ref }) => or([eb('state.key', 'is', null), eb('state.hash', '!=', ref('staged.hash'))]))
    .orderBy('staged.key')
    .execute()
  const staged = await trx.selectFrom('staged').select('hash').where('node_id', '=', nodeId).execute()
  return {
    changes: [...missing.map(changeOfMissing), ...put.map((row) => changeOfPut(row, row.known !== null))],
    digest: digestOf(staged),
  }
}

/** Reads a snapshot that came in one part, which is never staged: that would take a database several times as long. */
export async function readWhole({ trx }: WriteContext, nodeId: number, given: PreparedPart['rows']): Promise<Told> {
  // A key that comes twice in one snapshot is the agent's mistake: the first stays, the digest will tell.
  const rows = [...new Map(given.toReversed().map((row) => [row.key, row])).values()].toSorted(byKey)
  const known = await trx.selectFrom('state').select(['key', 'type', 'hash']).where('node_id', '=', nodeId).execute()
  const told = new Set(rows.map(({ key }) => key))
  const missing = known.filter(({ key }) => !told.has(key)).toSorted(byKey)
  const hashes = new Map(known.map(({ key, hash }) => [key, hash]))
  const put = rows.filter(({ key, hash }) => !isSame(hashes.get(key), hash))
  return {
    changes: [...missing.map(changeOfMissing), ...put.map((row) => changeOfPut(row, hashes.has(row.key)))],
    digest: digestOf(rows),
  }
}

/** Forgets the parts of a node's unfinished snapshot. */
export async function dropStaged({ trx }: WriteContext, { id, staged_parts }: NodesTable): Promise<void> {
  if (staged_parts > 0) await trx.deleteFrom('staged').where('node_id', '=', id).execute()
}

function changeOfMissing({ key, type }: Pick<StagedTable, 'key' | 'type'>): SwapChange {
  return { key, type, hash: null, item: null, kept: keptOf(null), wasThere: true }
}

function changeOfPut({ key, type, hash, item: text }: Omit<StagedTable, 'node_id'>, wasThere: boolean): SwapChange {
  const item = text === null ? null : parseItem(text)
  return { key, type, hash, item, kept: keptOf(item), wasThere }
}

function parseItem(text: string): StateItem {
  return JSON.parse(text)
}

function digestOf(rows: readonly { readonly hash: Digest }[]): Digest {
  const digest = emptyDigest()
  for (const { hash } of rows) toggle(digest, hash)
  return digest
}

function isSame(known: Digest | undefined, hash: Digest): boolean {
  return known !== undefined && Buffer.compare(known, hash) === 0
}

function byKey(left: { readonly key: string }, right: { readonly key: string }): number {
  return left.key < right.key ? -1 : 1
}
