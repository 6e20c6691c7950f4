import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Reads since when the history of some nodes is whole: since a node's first state, or since it was last pruned. */
export async function readHistorySince(
  db: Kysely<Tables>,
  nodeIds: readonly number[],
): Promise<(nodeId: number) => number | null> {
  const { pruned_until } = await db.selectFrom('retention').select('pruned_until').executeTakeFirstOrThrow()
  const rows = await db
    .selectFrom('epochs')
    .select(({ fn }) => ['node_id', fn.min('arrived_at').as('first')])
    .where('node_id', 'in', nodeIds)
    .groupBy('node_id')
    .execute()
  const firsts = new Map(rows.map(({ node_id, first }) => [node_id, first]))
  return (nodeId) => {
    const first = firsts.get(nodeId)
    return first === undefined ? null : Math.max(first, pruned_until)
  }
}

/** Likewise of all nodes together. */
export async function readWholeHistorySince(db: Kysely<Tables>): Promise<number | null> {
  const { pruned_until } = await db.selectFrom('retention').select('pruned_until').executeTakeFirstOrThrow()
  const first = await db
    .selectFrom('epochs')
    .select('arrived_at')
    .where('id', '>', 0)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return first === undefined ? null : Math.max(first.arrived_at, pruned_until)
}
