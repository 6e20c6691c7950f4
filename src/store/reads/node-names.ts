import type { Kysely } from 'kysely'
import type { NodesTable, Tables } from '../tables.ts'

/** What other rows show of their node. */
export type NodeName = Pick<NodesTable, 'id' | 'name' | 'last_look_at'>

/** Reads the nodes of a page's rows, by id. */
export async function readNodeNames(
  db: Kysely<Tables>,
  rows: readonly { readonly node_id: number }[],
): Promise<ReadonlyMap<number, NodeName>> {
  const ids = [...new Set(rows.map(({ node_id }) => node_id))]
  if (ids.length === 0) return new Map()
  const nodes = await db.selectFrom('nodes').select(['id', 'name', 'last_look_at']).where('id', 'in', ids).execute()
  return new Map(nodes.map((node) => [node.id, node]))
}

/** Reads the id that a filter by node means: undefined without a filter, null where there is no such node. */
export async function findNodeId(db: Kysely<Tables>, name: string | undefined): Promise<number | null | undefined> {
  if (name === undefined) return undefined
  const node = await db.selectFrom('nodes').select('id').where('name', '=', name).executeTakeFirst()
  return node?.id ?? null
}
