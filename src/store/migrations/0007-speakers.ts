import type { Migration } from 'kysely/migration'

/** Which process of an agent speaks for a node, and through which collector. */
export const speakers: Migration = {
  async up(db) {
    await db.schema.alterTable('nodes').addColumn('run', 'text').execute()
    await db.schema.alterTable('nodes').addColumn('attempt', 'bigint').execute()
    await db.schema.alterTable('nodes').addColumn('replica', 'text').execute()
  },
}
