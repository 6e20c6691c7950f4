import type { Insertable, Kysely } from 'kysely'
import { emptyDigest } from '../../model/digest.ts'
import { isSqlite } from '../dialect.ts'
import { KeysQuery, type KeysRun, PreparedQuery, type RowsWrite, RowsWriter } from '../statements.ts'
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
import { createPostgresRows } from './postgres-rows.ts'

/** The statements of the ingest path, compiled once. */
export interface IngestStatements {
  readonly insertEvents: RowsWrite<Insertable<EventsTable>>
  readonly insertQuarantine: RowsWrite<QuarantineTable>
  readonly insertStaged: RowsWrite<StagedTable>
  readonly putState: RowsWrite<StateTable>
  readonly putFindings: RowsWrite<FindingsTable>
  readonly putNodes: RowsWrite<NodesTable>
  readonly putAgents: RowsWrite<AgentsTable>
  readonly deleteState: KeysRun<unknown>
  readonly selectHashes: KeysRun<Pick<StateTable, 'key' | 'hash'>>
  readonly selectFindings: KeysRun<FindingsTable>
  /** Writes events that are held back until there are more of them: before the commit, and before history is read. */
  readonly flush: (trx: Kysely<Tables>) => Promise<void>
  /** By node and session number. */
  readonly selectSpeaker: PreparedQuery<NodesTable>
  /** See {@link StoredBatch}. */
  readonly noteBatch: PreparedQuery<unknown>
}

/** Those that write or find any number of rows. */
export type RowStatements = Omit<IngestStatements, 'selectSpeaker' | 'noteBatch'>

/** What a stored batch changes of its node: the parameters of `noteBatch`, before the node's id. */
export type StoredBatch = Pick<
  NodesTable,
  'acked_seq' | 'digest' | 'last_seen_at' | 'quarantined' | 'digest_mismatches' | 'snapshot_asked_at'
>

const NO_BATCH: StoredBatch = {
  acked_seq: 0,
  digest: emptyDigest(),
  last_seen_at: 0,
  quarantined: 0,
  digest_mismatches: 0,
  snapshot_asked_at: 0,
}

/** Gives the parameters of `noteBatch`. */
export function batchParameters(nodeId: number, batch: StoredBatch): readonly unknown[] {
  const { acked_seq, digest, last_seen_at, quarantined, digest_mismatches, snapshot_asked_at } = batch
  return [acked_seq, digest, last_seen_at, quarantined, digest_mismatches, snapshot_asked_at, nodeId]
}

/** Prepares the statements for a database; how many rows are best written differs between dialects. */
export function createIngestStatements(db: Kysely<Tables>): IngestStatements {
  return { ...(isSqlite(db) ? manyRows(db) : createPostgresRows()), ...ofOneNode(db) }
}

function manyRows(db: Kysely<Tables>): RowStatements {
  return {
    flush: async () => undefined,
    insertEvents: new RowsWriter((rows) => db.insertInto('events').values(rows)),
    insertQuarantine: new RowsWriter((rows) => db.insertInto('quarantine').values(rows)),
    // A key that comes twice in one snapshot is the agent's mistake: the first stays, the digest will tell.
    insertStaged: new RowsWriter((rows) =>
      db
        .insertInto('staged')
        .values(rows)
        .onConflict((conflict) => conflict.columns(['node_id', 'key']).doNothing()),
    ),
    putState: new RowsWriter((rows) => putState(db, rows)),
    putFindings: new RowsWriter((rows) => putFindings(db, rows)),
    putNodes: new RowsWriter((rows) => putNodes(db, rows)),
    putAgents: new RowsWriter((rows) => putAgents(db, rows)),
    deleteState: new KeysQuery((nodeId, keys) =>
      db.deleteFrom('state').where('node_id', '=', nodeId).where('key', 'in', keys),
    ),
    selectHashes: new KeysQuery((nodeId, keys) =>
      db.selectFrom('state').select(['key', 'hash']).where('node_id', '=', nodeId).where('key', 'in', keys),
    ),
    selectFindings: new KeysQuery((nodeId, ids) =>
      db.selectFrom('findings').selectAll().where('node_id', '=', nodeId).where('id', 'in', ids),
    ),
  }
}

function ofOneNode(db: Kysely<Tables>): Pick<IngestStatements, 'selectSpeaker' | 'noteBatch'> {
  return {
    // Until the transaction commits, no other collector may begin a session of the node.
    selectSpeaker: new PreparedQuery(
      db
        .selectFrom('nodes')
        .selectAll()
        .where('id', '=', 0)
        .where('session', '=', 0)
        .$if(!isSqlite(db), (own) => own.forUpdate()),
    ),
    noteBatch: new PreparedQuery(db.updateTable('nodes').set(NO_BATCH).where('id', '=', 0)),
  }
}

function putState(db: Kysely<Tables>, rows: readonly StateTable[]) {
  return db
    .insertInto('state')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['node_id', 'key']).doUpdateSet(({ ref }) => ({
        value: ref('excluded.value'),
        hash: ref('excluded.hash'),
        sort: ref('excluded.sort'),
        pod: ref('excluded.pod'),
        port: ref('excluded.port'),
        port_end: ref('excluded.port_end'),
        protocol: ref('excluded.protocol'),
        shared: ref('excluded.shared'),
        search: ref('excluded.search'),
      })),
    )
}

function putFindings(db: Kysely<Tables>, rows: readonly FindingsTable[]) {
  return db
    .insertInto('findings')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['node_id', 'id']).doUpdateSet(({ ref }) => ({
        rule: ref('excluded.rule'),
        severity: ref('excluded.severity'),
        status: ref('excluded.status'),
        group_key: ref('excluded.group_key'),
        stale: ref('excluded.stale'),
        value: ref('excluded.value'),
        opened_at: ref('excluded.opened_at'),
        last_seen_at: ref('excluded.last_seen_at'),
        resolved_at: ref('excluded.resolved_at'),
        resolution: ref('excluded.resolution'),
        episodes: ref('excluded.episodes'),
        search: ref('excluded.search'),
      })),
    )
}

/** Of a node that is there, what a new session changes. */
function putNodes(db: Kysely<Tables>, rows: readonly NodesTable[]) {
  return db
    .insertInto('nodes')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(({ ref }) => ({
        name: ref('excluded.name'),
        agent_id: ref('excluded.agent_id'),
        agent_version: ref('excluded.agent_version'),
        boot_id: ref('excluded.boot_id'),
        session: ref('excluded.session'),
        connected: ref('excluded.connected'),
        run: ref('excluded.run'),
        attempt: ref('excluded.attempt'),
        replica: ref('excluded.replica'),
        last_seen_at: ref('excluded.last_seen_at'),
        clock_offset_ms: ref('excluded.clock_offset_ms'),
        epoch_id: ref('excluded.epoch_id'),
        epoch: ref('excluded.epoch'),
        staged_parts: ref('excluded.staged_parts'),
        spool_regressions: ref('excluded.spool_regressions'),
      })),
    )
}

function putAgents(db: Kysely<Tables>, rows: readonly AgentsTable[]) {
  return db
    .insertInto('agents')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('agent_id').doUpdateSet(({ ref }) => ({
        proven_by: ref('excluded.proven_by'),
        secret_hash: ref('excluded.secret_hash'),
        lasting: ref('excluded.lasting'),
        enrolled_at: ref('excluded.enrolled_at'),
      })),
    )
}
