import { CompiledQuery, type Insertable, type Kysely } from 'kysely'
import { copyRow, jsonRows } from '../postgres-text.ts'
import type { KeysRun, RowsWrite } from '../statements.ts'
import type {
  AgentsTable,
  EventsTable,
  FindingsTable,
  NodesTable,
  QuarantineTable,
  StagedTable,
  StateTable,
  Tables,
} from '../tables.ts'
import type { RowStatements } from './statements.ts'

/**
 * Gives PostgreSQL any number of rows as one text, so that a few statements are prepared and each of a batch is one round
 * trip: rows of history are copied in, rows that may be there already come as JSON.
 */
export function createPostgresRows(): RowStatements {
  const history = new HeldHistory()
  return {
    insertEvents: history,
    flush: (db) => history.flush(db),
    insertQuarantine: insertInto<QuarantineTable>('quarantine', { columns: QUARANTINE_COLUMNS }),
    // A key that comes twice in one snapshot is the agent's mistake: the first stays, the digest will tell.
    insertStaged: insertInto<StagedTable>('staged', { columns: STAGED_COLUMNS, otherwise: 'on conflict do nothing' }),
    putState: insertInto<StateTable>('state', {
      columns: STATE_COLUMNS,
      otherwise: `on conflict (node_id, key) do update set ${replaced(STATE_COLUMNS, ['node_id', 'key', 'type'])}`,
    }),
    putFindings: insertInto<FindingsTable>('findings', {
      columns: FINDING_COLUMNS,
      otherwise: `on conflict (node_id, id) do update set ${replaced(FINDING_COLUMNS, ['node_id', 'id', 'first_seen_at'])}`,
    }),
    putNodes: insertInto<NodesTable>('nodes', {
      columns: NODE_COLUMNS,
      otherwise: `on conflict (id) do update set ${replaced(SESSION_COLUMNS, [])}`,
    }),
    putAgents: insertInto<AgentsTable>('agents', {
      columns: AGENT_COLUMNS,
      otherwise: `on conflict (agent_id) do update set ${replaced(AGENT_COLUMNS, ['agent_id'])}`,
    }),
    deleteState: byKeys('delete from state where node_id = $1 and key = any($2::text[])'),
    selectHashes: byKeys('select key, hash from state where node_id = $1 and key = any($2::text[])'),
    selectFindings: byKeys('select * from findings where node_id = $1 and id = any($2::text[])'),
  }
}

const EVENT_COLUMNS = [
  ...['node_id', 'epoch_id', 'seq', 'ord', 'at', 'received_at', 'op', 'fresh', 'row_hash', 'type', 'key'],
  ...['value', 'cause'],
]
const STATE_COLUMNS = [
  ...['node_id', 'key', 'type', 'value', 'hash', 'sort', 'pod', 'port', 'port_end', 'protocol', 'shared', 'search'],
]
const STAGED_COLUMNS = ['node_id', 'key', 'type', 'item', 'hash']
const QUARANTINE_COLUMNS = ['node_id', 'number', 'epoch', 'seq', 'received_at', 'problem', 'raw']
const FINDING_COLUMNS = [
  ...['node_id', 'id', 'rule', 'severity', 'status', 'group_key', 'stale', 'value', 'first_seen_at', 'opened_at'],
  ...['last_seen_at', 'resolved_at', 'resolution', 'episodes', 'search'],
]

/** What a new session changes of a node. */
const SESSION_COLUMNS = [
  ...['name', 'agent_id', 'agent_version', 'boot_id', 'session', 'connected', 'run', 'attempt', 'replica'],
  ...['last_seen_at', 'clock_offset_ms', 'epoch_id', 'epoch', 'staged_parts', 'spool_regressions'],
]
const NODE_COLUMNS = [
  ...['id', ...SESSION_COLUMNS, 'last_look_at', 'last_look', 'acked_seq', 'digest', 'snapshot_asked_at'],
  ...['staged_epoch', 'staged_seq', 'quarantined', 'digest_mismatches'],
]
const AGENT_COLUMNS = ['agent_id', 'proven_by', 'secret_hash', 'lasting', 'enrolled_at']

const COPY_EVENTS = `copy events (${EVENT_COLUMNS.join(', ')}) from stdin`

/** Holds back the history of a transaction: what many agents sent is copied in at once. */
class HeldHistory implements RowsWrite<Insertable<EventsTable>> {
  readonly #held = new WeakMap<Kysely<Tables>, string[]>()

  async write(trx: Kysely<Tables>, rows: readonly Insertable<EventsTable>[]): Promise<void> {
    const held = this.#held.get(trx) ?? []
    this.#held.set(trx, held)
    for (const row of rows) held.push(copyRow(row, EVENT_COLUMNS))
  }

  async flush(trx: Kysely<Tables>): Promise<void> {
    const lines = this.#held.get(trx)?.splice(0) ?? []
    if (lines.length > 0) await trx.executeQuery(CompiledQuery.raw(COPY_EVENTS, [lines.join('')]))
  }
}

function insertInto<Row extends object>(
  table: string,
  { columns, otherwise = '' }: { readonly columns: readonly string[]; readonly otherwise?: string },
): RowsWrite<Row> {
  const names = columns.join(', ')
  const from = `select ${names} from json_populate_recordset(null::${table}, $1::json)`
  const text = `insert into ${table} (${names}) ${from} ${otherwise}`
  return {
    write: async (db, rows) => {
      if (rows.length > 0) await db.executeQuery(CompiledQuery.raw(text, [jsonRows(rows, columns)]))
    },
  }
}

function byKeys<Result>(text: string): KeysRun<Result> {
  return {
    run: async (db, nodeId, keys) => {
      if (keys.length === 0) return []
      const { rows } = await db.executeQuery<Result>(CompiledQuery.raw(text, [nodeId, [...keys]]))
      return rows
    },
  }
}

function replaced(columns: readonly string[], kept: readonly string[]): string {
  return columns
    .filter((column) => !kept.includes(column))
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')
}
