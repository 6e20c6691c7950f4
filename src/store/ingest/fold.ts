import { type Digest, toggle } from '../../model/digest.ts'
import type { StateTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import type { RowChange } from './prepared.ts'

/** What came of changes: the digest that results, and which of these rows were there before. */
export interface Folded {
  readonly digest: Digest
  readonly before: ReadonlySet<string>
}

/** Brings changes into the node's state, one of each row. */
export async function foldRows(
  { trx, statements }: WriteContext,
  nodeId: number,
  digestBefore: Digest,
  changes: readonly RowChange[],
): Promise<Folded> {
  const keys = changes.map(({ key }) => key)
  const known = await statements.selectHashes.run(trx, nodeId, keys)
  const digest = Uint8Array.from(digestBefore)
  for (const { hash } of known) toggle(digest, hash)
  const puts: StateTable[] = []
  const before = new Set(known.map(({ key }) => key))
  const deletes = new Set(before)
  for (const { key, type, hash, kept } of changes) {
    if (hash === null) continue
    toggle(digest, hash)
    deletes.delete(key)
    puts.push({ node_id: nodeId, key, type, hash, ...kept })
  }
  await statements.putState.write(trx, puts)
  await statements.deleteState.run(trx, nodeId, [...deletes])
  return { digest, before }
}

/** Gives the row's own key, which stands behind its type. */
export function keyOf(type: string, key: string): string {
  return key.slice(type.length + 1)
}
