import type { MigrationProvider } from 'kysely/migration'
import { stream } from './0001-stream.ts'
import { history } from './0003-history.ts'

/** Every step of the schema, forward only and in order. A step that was released is never changed. */
export const migrations: MigrationProvider = {
  getMigrations: async () => ({ '0001-stream': stream, '0003-history': history }),
}
