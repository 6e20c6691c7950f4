import type { Retention } from './store.ts'
import type { WriteContext } from './writer.ts'

/** How many rows one step forgets: agents and dashboards wait meanwhile. */
export const PRUNE_ROWS = 250

/** Forgets the oldest events that are too many or too old, and notes how far; tells whether there may be more. */
export async function pruneEvents({ trx, now }: WriteContext, { ageMs, events }: Retention): Promise<boolean> {
  const newest = await trx
    .selectFrom('events')
    .select('id')
    .where('id', '>', 0)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const rows = await trx
    .selectFrom('events')
    .select(['id', 'received_at'])
    .where('id', '>', 0)
    .orderBy('id')
    .limit(PRUNE_ROWS)
    .execute()
  const firstKept = rows.findIndex(
    ({ id, received_at }) => id > (newest?.id ?? 0) - events && received_at > now - ageMs,
  )
  const last = rows.at(firstKept === -1 ? -1 : firstKept - 1)
  if (firstKept === 0 || last === undefined) return false
  await trx.deleteFrom('events').where('id', '<=', last.id).execute()
  await trx
    .updateTable('retention')
    .set({ pruned_until: last.received_at })
    .where('id', '=', 1)
    .where('pruned_until', '<', last.received_at)
    .execute()
  return firstKept === -1
}

/** Where the walk over all findings is; it begins again when it has come to the end. */
export interface Walk {
  readonly nodeId: number
  readonly id: string
}

/** Forgets what was resolved too long ago among the next findings, and gives where to go on; null at the end. */
export async function pruneFindings(
  { trx, now }: WriteContext,
  { ageMs }: Retention,
  from: Walk | null,
): Promise<Walk | null> {
  const rows = await trx
    .selectFrom('findings')
    .select(['node_id', 'id', 'resolved_at'])
    .where((eb) => eb(eb.refTuple('node_id', 'id'), '>', eb.tuple(from?.nodeId ?? 0, from?.id ?? '')))
    .orderBy('node_id')
    .orderBy('id')
    .limit(PRUNE_ROWS)
    .execute()
  const old = rows.filter(({ resolved_at }) => resolved_at !== null && resolved_at <= now - ageMs)
  for (const [nodeId, ofNode] of Map.groupBy(old, ({ node_id }) => node_id)) {
    const ids = ofNode.map(({ id }) => id)
    await trx.deleteFrom('findings').where('node_id', '=', nodeId).where('id', 'in', ids).execute()
  }
  const last = rows.at(-1)
  return rows.length < PRUNE_ROWS || last === undefined ? null : { nodeId: last.node_id, id: last.id }
}
