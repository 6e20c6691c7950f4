import type { Kysely } from 'kysely'
import type { Page } from '../../model/view.ts'
import type { PageRequest, QuarantineView } from '../store.ts'
import type { Tables } from '../tables.ts'
import { readNodeNames } from './node-names.ts'
import { decodeCursor, rowsFor, toPage } from './page.ts'
import { readWhole } from './scan.ts'

/** Lists what could not be read, the newest first. */
export async function listQuarantine(db: Kysely<Tables>, page: PageRequest): Promise<Page<QuarantineView>> {
  const [receivedAt, nodeId = 0, number = 0] = decodeCursor(page, { columns: 3, integers: 3 })?.map(Number) ?? []
  const rows = await db
    .selectFrom('quarantine')
    .selectAll()
    .where((eb) => {
      const columns = eb.refTuple('received_at', 'node_id', 'number')
      return eb(columns, '<', eb.tuple(receivedAt ?? Number.MAX_SAFE_INTEGER, nodeId, number))
    })
    .orderBy('received_at', 'desc')
    .orderBy('node_id', 'desc')
    .orderBy('number', 'desc')
    .limit(rowsFor(page))
    .execute()
  const nodes = await readNodeNames(db, rows)
  return toPage(
    readWhole(rows),
    page,
    ({ node_id, epoch, seq, received_at, problem, raw }) => {
      return { node: nodes.get(node_id)?.name ?? '', epoch, seq, receivedAt: received_at, problem, raw }
    },
    ({ received_at, node_id, number }) => [received_at, node_id, number],
  )
}
