import type { Kysely } from 'kysely'
import type { FindingView } from '../../model/view.ts'
import { viewOfFinding } from '../finding-row.ts'
import type { Tables } from '../tables.ts'

/** Reads some findings of one node, as they are now. */
export async function readFindingsById(
  db: Kysely<Tables>,
  nodeName: string,
  ids: readonly string[],
): Promise<FindingView[]> {
  if (ids.length === 0) return []
  const node = await db
    .selectFrom('nodes')
    .select(['id', 'last_look_at'])
    .where('name', '=', nodeName)
    .executeTakeFirst()
  if (node === undefined) return []
  const rows = await db
    .selectFrom('findings')
    .selectAll()
    .where('node_id', '=', node.id)
    .where('id', 'in', ids)
    .execute()
  return rows.map((row) => viewOfFinding(nodeName, row, node.last_look_at))
}
