import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The state that agents stream, its history, the life of findings, and what could not be read. */
export const stream: Migration = {
  async up(db) {
    await createNodes(db)
    await createState(db)
    await createEvents(db)
    await createFindings(db)
    await createQuarantine(db)
  },
}

async function createNodes(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('nodes')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('agent_id', 'text', (column) => column.notNull().unique())
    .addColumn('agent_version', 'text', (column) => column.notNull())
    .addColumn('boot_id', 'text', (column) => column.notNull())
    .addColumn('session', 'bigint', (column) => column.notNull())
    .addColumn('connected', 'integer', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('last_look_at', 'bigint')
    .addColumn('last_look', 'text')
    .addColumn('clock_offset_ms', 'bigint', (column) => column.notNull())
    .addColumn('epoch_id', 'integer')
    .addColumn('epoch', 'text')
    .addColumn('acked_seq', 'bigint', (column) => column.notNull())
    .addColumn('digest', 'bytea', (column) => column.notNull())
    .addColumn('snapshot_asked_at', 'bigint')
    .addColumn('staged_parts', 'integer', (column) => column.notNull())
    .addColumn('staged_epoch', 'text')
    .addColumn('staged_seq', 'bigint', (column) => column.notNull())
    .addColumn('quarantined', 'bigint', (column) => column.notNull())
    .addColumn('digest_mismatches', 'bigint', (column) => column.notNull())
    .addColumn('spool_regressions', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('epochs')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('node_id', 'integer', (column) => column.notNull().references('nodes.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('arrived_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('epochs_by_name', ['node_id', 'name'])
    .execute()
}

async function createState(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('state')
    .addColumn('node_id', 'integer', (column) => column.notNull().references('nodes.id'))
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('value', 'text')
    .addColumn('hash', 'bytea', (column) => column.notNull())
    .addColumn('sort', 'text', (column) => column.notNull())
    .addColumn('pod', 'text')
    .addColumn('port', 'integer')
    .addColumn('port_end', 'integer')
    .addColumn('protocol', 'text')
    .addColumn('shared', 'text')
    .addColumn('search', 'text')
    .addPrimaryKeyConstraint('state_key', ['node_id', 'key'])
    .execute()
  await db.schema.createIndex('state_list').on('state').columns(['type', 'node_id', 'sort', 'key']).execute()
  await indexFacet(db, 'state_pod', { of: 'pod', first: 'pod' })
  await indexFacet(db, 'state_port', { of: 'port', first: 'port' })
  await indexFacet(db, 'state_ranges', { of: 'port_end', first: 'type' })
  await indexFacet(db, 'state_shared', { of: 'shared', first: 'type' })
  await db.schema
    .createTable('staged')
    .addColumn('node_id', 'integer', (column) => column.notNull().references('nodes.id'))
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('item', 'text')
    .addColumn('hash', 'bytea', (column) => column.notNull())
    .addPrimaryKeyConstraint('staged_key', ['node_id', 'key'])
    .execute()
}

/** Indexes, in the order of lists, the few rows that have a facet; the others cost nothing. */
async function indexFacet(
  db: Kysely<unknown>,
  name: string,
  { of, first }: { readonly of: string; readonly first: string },
): Promise<void> {
  const columns = [first, 'node_id', 'sort', 'key']
  await db.schema.createIndex(name).on('state').columns(columns).where(sql.ref(of), 'is not', null).execute()
}

async function createEvents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('events')
    .addColumn('epoch_id', 'integer', (column) => column.notNull().references('epochs.id'))
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('ord', 'integer', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addColumn('op', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('value', 'text')
    .addColumn('cause', 'text')
    .addPrimaryKeyConstraint('events_key', ['epoch_id', 'seq', 'ord'])
    .execute()
}

const FINDING_ORDER = ['severity', 'opened_at', 'node_id', 'id'] as const

async function createFindings(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('findings')
    .addColumn('node_id', 'integer', (column) => column.notNull().references('nodes.id'))
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('severity', 'integer', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('group_key', 'text', (column) => column.notNull())
    .addColumn('stale', 'integer', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('first_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('resolved_at', 'bigint')
    .addColumn('resolution', 'text')
    .addColumn('episodes', 'integer', (column) => column.notNull())
    .addColumn('search', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('findings_key', ['node_id', 'id'])
    .execute()
  const index = (name: string, columns: readonly string[]) =>
    db.schema
      .createIndex(name)
      .on('findings')
      .columns([...columns, ...FINDING_ORDER])
      .execute()
  await index('findings_list', [])
  await index('findings_status', ['status'])
  await db.schema
    .createIndex('findings_node')
    .on('findings')
    .columns(['node_id', 'status', 'severity', 'opened_at', 'id'])
    .execute()
  await index('findings_rule', ['rule'])
  await db.schema.createIndex('findings_group').on('findings').column('group_key').execute()
}

async function createQuarantine(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('quarantine')
    .addColumn('node_id', 'integer', (column) => column.notNull().references('nodes.id'))
    .addColumn('number', 'bigint', (column) => column.notNull())
    .addColumn('epoch', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addColumn('problem', 'text', (column) => column.notNull())
    .addColumn('raw', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('quarantine_key', ['node_id', 'number'])
    .execute()
  await db.schema
    .createIndex('quarantine_list')
    .on('quarantine')
    .columns(['received_at', 'node_id', 'number'])
    .execute()
}
