import type { WriteContext } from '../writer.ts'

/** Tells whether a node's epoch ever began; one that did and is not current is closed for good. */
export async function isKnownEpoch({ trx }: WriteContext, nodeId: number, name: string): Promise<boolean> {
  const query = trx.selectFrom('epochs').select('id').where('node_id', '=', nodeId).where('name', '=', name)
  return (await query.executeTakeFirst()) !== undefined
}

/** Notes that an epoch begins and gives its id, which grows in the order of arrival; null where it began before. */
export async function beginEpoch({ trx, now }: WriteContext, nodeId: number, name: string): Promise<number | null> {
  const begun = await trx
    .insertInto('epochs')
    .values({ node_id: nodeId, name, arrived_at: now })
    .onConflict((conflict) => conflict.columns(['node_id', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return begun?.id ?? null
}
