import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What proves each agent's identity, and what was refused to whom. */
export const agents: Migration = {
  async up(db) {
    await createAgents(db)
    await createAudit(db)
  },
}

async function createAgents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('agents')
    .addColumn('agent_id', 'text', (column) => column.primaryKey())
    .addColumn('proven_by', 'text', (column) => column.notNull())
    .addColumn('secret_hash', 'bytea', (column) => column.unique())
    .addColumn('lasting', 'integer', (column) => column.notNull())
    .addColumn('enrolled_at', 'bigint', (column) => column.notNull())
    .execute()
}

async function createAudit(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('last_at', 'bigint', (column) => column.notNull())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('agent_id', 'text')
    .addColumn('node', 'text')
    .addColumn('address', 'text')
    .addColumn('detail', 'text')
    .execute()
  await db.schema.createIndex('audit_list').on('audit').columns(['at', 'id']).execute()
}
