import type { StateItem } from '../../model/changes.ts'
import { type Digest, toggle } from '../../model/digest.ts'
import type { StateTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { encodeValue, facetsOf } from './state-row.ts'

/** A change of one row: null as hash deletes it, null as item says that the value could not be read. */
export interface RowChange {
  /** As {@link stateKey} gives it. */
  readonly key: string
  readonly type: string
  readonly hash: Digest | null
  readonly item: StateItem | null
}

/** What came of changes: the digest that results, and which of these rows were there before. */
export interface Folded {
  readonly digest: Digest
  readonly before: ReadonlySet<string>
}

/** Brings changes of rows into the node's state, the last one of each row. */
export async function foldRows(
  { trx, statements }: WriteContext,
  nodeId: number,
  digestBefore: Digest,
  changes: readonly RowChange[],
): Promise<Folded> {
  const last = new Map(changes.map((change) => [change.key, change]))
  const known = await statements.selectHashes.run(trx, nodeId, [...last.keys()])
  const digest = Uint8Array.from(digestBefore)
  for (const { hash } of known) toggle(digest, hash)
  const puts: StateTable[] = []
  const before = new Set(known.map(({ key }) => key))
  const deletes = new Set(before)
  for (const [key, { type, hash, item }] of last) {
    if (hash === null) continue
    toggle(digest, hash)
    deletes.delete(key)
    puts.push({ node_id: nodeId, key, type, value: encodeValue(item), hash, ...facetsOf(item) })
  }
  await statements.putState.write(trx, puts)
  await statements.deleteState.run(trx, nodeId, [...deletes])
  return { digest, before }
}

/** Gives the row's own key, which stands behind its type. */
export function keyOf(type: string, key: string): string {
  return key.slice(type.length + 1)
}
