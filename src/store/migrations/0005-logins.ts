import type { Migration } from 'kysely/migration'

/** The browsers that are logged in. */
export const logins: Migration = {
  async up(db) {
    await db.schema
      .createTable('logins')
      .addColumn('secret_hash', 'bytea', (column) => column.notNull().unique())
      .addColumn('token_name', 'text')
      .addColumn('begun_at', 'bigint', (column) => column.notNull())
      .addColumn('last_used_at', 'bigint', (column) => column.notNull())
      .execute()
  },
}
