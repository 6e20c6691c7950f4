import type { Kysely } from 'kysely'
import type { NodeState } from '../../model/changes.ts'
import type { NodeView, Page } from '../../model/view.ts'
import { nodeStatus } from '../node-status.ts'
import type { PageRequest } from '../store.ts'
import type { NodesTable, Tables } from '../tables.ts'
import { type NodeDetails, readNodeDetails } from './node-details.ts'
import { decodeCursor, rowsFor, toPage } from './page.ts'
import { readWhole } from './scan.ts'

/** A node whose agent has connected and not told of it yet; uid is `nobody`, for no rights are known. */
const UNTOLD: Omit<NodeState, 'name' | 'bootId'> = {
  os: 'unknown',
  kernel: 'unknown',
  architecture: 'unknown',
  cgroups: 'unknown',
  reader: 'procfs',
  uid: 65_534,
  interfaces: [],
  baseline: { node: {}, kernel: null, nested: false },
  policyHash: null,
}

/** Each node is counted and read in several tables: more at once would keep others waiting. */
const MOST_NODES = 250

/** Lists nodes by name. */
export async function listNodes(db: Kysely<Tables>, request: PageRequest, now: number): Promise<Page<NodeView>> {
  const page = { ...request, limit: Math.min(request.limit, MOST_NODES) }
  const [after = ''] = decodeCursor(page, { columns: 1, integers: 0 }) ?? []
  const rows = await db
    .selectFrom('nodes')
    .selectAll()
    .where('name', '>', after)
    .orderBy('name')
    .limit(rowsFor(page))
    .execute()
  const detailsOf = await readNodeDetails(
    db,
    rows.map(({ id }) => id),
  )
  return toPage(
    readWhole(rows),
    page,
    (row) => viewOf(row, detailsOf(row.id), now),
    ({ name }) => [name],
  )
}

/** Reads one node; null when no agent ever spoke for it. */
export async function readNode(db: Kysely<Tables>, name: string, now: number): Promise<NodeView | null> {
  const row = await db.selectFrom('nodes').selectAll().where('name', '=', name).executeTakeFirst()
  if (row === undefined) return null
  const detailsOf = await readNodeDetails(db, [row.id])
  return viewOf(row, detailsOf(row.id), now)
}

function viewOf(row: NodesTable, { state, ...counts }: NodeDetails, now: number): NodeView {
  return {
    ...UNTOLD,
    ...state,
    ...counts,
    name: row.name,
    bootId: row.boot_id,
    agentId: row.agent_id,
    agentVersion: row.agent_version,
    status: nodeStatus(row.connected === 1, row.last_seen_at, now),
    lastSeenAt: row.last_seen_at,
    lastLook: row.last_look === null ? null : JSON.parse(row.last_look),
    clockOffsetMs: row.clock_offset_ms,
  }
}
