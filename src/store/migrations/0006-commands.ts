import type { Migration } from 'kysely/migration'

/** Commands on their way between two collectors, and their answers until they are fetched. */
export const commands: Migration = {
  async up(db) {
    await db.schema
      .createTable('commands')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('node', 'text', (column) => column.notNull())
      .addColumn('question', 'text', (column) => column.notNull())
      .addColumn('deadline_at', 'bigint', (column) => column.notNull())
      .addColumn('taken', 'integer', (column) => column.notNull())
      .addColumn('answer', 'text')
      .execute()
  },
}
