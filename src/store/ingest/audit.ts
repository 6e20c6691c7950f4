import type { AuditView } from '../store.ts'
import type { WriteContext } from '../writer.ts'

/** How many entries are kept. */
const KEPT = 10_000

/** Keeps entries, the newest of all; one that is there already is counted on. */
export async function keepAudit({ trx }: WriteContext, entries: readonly AuditView[]): Promise<void> {
  for (const { id, at, lastAt, count, action, reason, agentId, node, address, detail } of entries) {
    const row = { id, at, last_at: lastAt, count, action, reason, agent_id: agentId, node, address, detail }
    await trx
      .insertInto('audit')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ last_at: lastAt, count, reason, detail }))
      .execute()
  }
  const surplus = trx
    .selectFrom('audit')
    .select('id')
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .offset(KEPT)
    .limit(1000)
  await trx.deleteFrom('audit').where('id', 'in', surplus).execute()
}
