import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { serialKey } from '../dialect.ts'
import type { Tables } from '../tables.ts'
import { copyEvents } from './copy-events.ts'

/** What lists of findings are ordered by. */
const FINDING_ORDER = ['severity', 'opened_at', 'node_id', 'id'] as const

/** History that can be asked by node, row, type and time, and pruned from its old end. */
export const history: Migration = {
  async up(db: Kysely<Tables>) {
    await db.schema.alterTable('events').renameTo('events_before').execute()
    await createEvents(db)
    await copyEvents(db)
    await db.schema.dropTable('events_before').execute()
    // Built after the copy, which is several times faster.
    await indexEvents(db)
    await createRetention(db)
    await indexFindings(db)
  },
}

async function createEvents(db: Kysely<Tables>): Promise<void> {
  await serialKey(db, db.schema.createTable('events'), 'id')
    .addColumn('node_id', 'integer', (column) => column.notNull().references('nodes.id'))
    .addColumn('epoch_id', 'integer', (column) => column.notNull().references('epochs.id'))
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('ord', 'integer', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addColumn('op', 'text', (column) => column.notNull())
    .addColumn('fresh', 'integer', (column) => column.notNull())
    .addColumn('row_hash', 'bigint', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('value', 'text')
    .addColumn('cause', 'text')
    .execute()
}

async function indexEvents(db: Kysely<Tables>): Promise<void> {
  await db.schema.createIndex('events_place').on('events').columns(['epoch_id', 'seq', 'ord']).unique().execute()
  await db.schema.createIndex('events_node').on('events').columns(['node_id', 'id']).execute()
  await db.schema.createIndex('events_row').on('events').columns(['row_hash', 'id']).execute()
}

async function createRetention(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('retention')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('pruned_until', 'bigint', (column) => column.notNull())
    .execute()
  await db.insertInto('retention').values({ id: 1, pruned_until: 0 }).execute()
}

/**
 * Every list is of one status at a time, so that each index is in the order of the list. What is resolved is most of all
 * that there ever was: it is found by status or node, and costs no more than that.
 */
async function indexFindings(db: Kysely<Tables>): Promise<void> {
  for (const name of ['findings_list', 'findings_rule', 'findings_group']) await db.schema.dropIndex(name).execute()
  const index = (name: string, first: string) =>
    db.schema
      .createIndex(name)
      .on('findings')
      .columns([first, 'status', ...FINDING_ORDER])
      .where('resolved_at', 'is', null)
      .execute()
  await index('findings_rule', 'rule')
  await index('findings_group', 'group_key')
}
