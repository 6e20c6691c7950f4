import type { WriteContext } from '../writer.ts'

/** Tells whether a node's epoch ever began; one that did and is not current is closed for good. */
export async function isKnownEpoch({ trx }: WriteContext, nodeId: number, name: string): Promise<boolean> {
  const query = trx.selectFrom('epochs').select('id').where('node_id', '=', nodeId).where('name', '=', name)
  return (await query.executeTakeFirst()) !== undefined
}

/** Notes that an epoch begins and gives its id; ids grow in the order of arrival. */
export async function beginEpoch({ trx, now }: WriteContext, nodeId: number, name: string): Promise<number> {
  const { last } = await trx
    .selectFrom('epochs')
    .select(({ fn, lit }) => fn.coalesce(fn.max('id'), lit(0)).as('last'))
    .executeTakeFirstOrThrow()
  await trx
    .insertInto('epochs')
    .values({ id: last + 1, node_id: nodeId, name, arrived_at: now })
    .execute()
  return last + 1
}
