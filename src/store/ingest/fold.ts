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
  for (const { hash } of changes) if (hash !== null) toggle(digest, hash)
  const before = new Set(known.map(({ key }) => key))
  await writeRows({ trx, statements }, nodeId, changes, before)
  return { digest, before }
}

/**
 * Writes changes of rows down, one of each row.
 *
 * @param before which of these rows are there
 */
export async function writeRows(
  { trx, statements }: Pick<WriteContext, 'trx' | 'statements'>,
  nodeId: number,
  changes: readonly RowChange[],
  before: ReadonlySet<string>,
): Promise<void> {
  const puts: StateTable[] = []
  const deletes: string[] = []
  for (const { key, type, hash, kept } of changes) {
    if (hash !== null) puts.push({ node_id: nodeId, key, type, hash, ...kept })
    else if (before.has(key)) deletes.push(key)
  }
  await statements.putState.write(trx, puts)
  await statements.deleteState.run(trx, nodeId, deletes)
}

/** Gives the row's own key, which stands behind its type. */
export function keyOf(type: string, key: string): string {
  return key.slice(type.length + 1)
}
