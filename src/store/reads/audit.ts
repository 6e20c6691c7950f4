import type { Kysely } from 'kysely'
import type { Page } from '../../model/view.ts'
import type { AuditView, PageRequest } from '../store.ts'
import type { Tables } from '../tables.ts'
import { decodeCursor, rowsFor, toPage } from './page.ts'
import { readWhole } from './scan.ts'

/** Lists what was refused and what changed of who may speak, the newest first. */
export async function listAudit(db: Kysely<Tables>, page: PageRequest): Promise<Page<AuditView>> {
  const [at = Number.MAX_SAFE_INTEGER, id = ''] = decodeCursor(page, { columns: 2, integers: 1 }) ?? []
  const rows = await db
    .selectFrom('audit')
    .selectAll()
    .where((eb) => eb(eb.refTuple('at', 'id'), '<', eb.tuple(Number(at), id)))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(rowsFor(page))
    .execute()
  return toPage(
    readWhole(rows),
    page,
    ({ last_at: lastAt, agent_id: agentId, ...row }) => ({ ...row, lastAt, agentId }),
    ({ at, id }) => [at, id],
  )
}
