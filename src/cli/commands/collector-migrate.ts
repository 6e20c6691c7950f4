import { createHash } from 'node:crypto'
import { defineCommand } from '../command.ts'
import { type Config, setting } from '../config.ts'
import { UsageError } from '../errors.ts'
import type { Io } from '../io.ts'
import { expectStore } from '../register-place.ts'
import { choice, MEMORY, text } from '../settings.ts'
import { nameOfPlace, readStorePlace, type StorePlace } from '../store-place.ts'

type PostgresPlace = Extract<StorePlace, { readonly kind: 'postgres' }>

const settings = {
  from: choice(['sqlite'], 'sqlite', 'what the store is kept in now: sqlite, the only one so far'),
  to: choice(['postgres'], 'postgres', 'what it moves to: postgres, the only one so far'),
  store: setting(text('the path of a store'), { value: 'FILE', description: 'the SQLite file, which stays as it is' }),
  databaseUrlFile: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description:
      'holds the postgres:// address of a database that holds nothing yet (else NSENTINEL_DATABASE_URL does)',
  }),
}

/** `nsentinel collector migrate`: from a collector's own file to a database that several share. */
export const collectorMigrate = defineCommand({
  name: 'migrate',
  summary: 'move the store from its SQLite file into PostgreSQL, while no collector runs',
  example:
    'nsentinel collector migrate --from sqlite --to postgres --store /var/lib/nsentinel/nsentinel.db --database-url-file database-url',
  settings,
  run: async (config, io) => {
    const place = await readTarget(config, io)
    await expectStore(config.store)
    const { moveStore } = await import('../../store/move/move-store.ts')
    const { tables, logins } = await moveStore({
      from: config.store,
      to: place.url,
      createHash: () => createHash('sha256'),
      onCopied: ({ table, rows, digest }) =>
        io.stdout.write(`${table.padEnd(12)}${String(rows).padStart(12)} rows  sha256 ${digest.slice(0, 16)}\n`),
    }).catch(explain)
    let total = 0
    for (const { rows } of tables) total += rows
    io.stdout.write(`moved ${config.store} to ${nameOfPlace(place)}: ${total} rows were read back and are the same\n`)
    if (logins > 0) io.stdout.write(`${logins} browsers have to log in again\n`)
    return 0
  },
})

async function readTarget({ databaseUrlFile }: Config<typeof settings>, io: Io): Promise<PostgresPlace> {
  const place = await readStorePlace({ store: MEMORY, databaseUrlFile }, io)
  if (place.kind === 'postgres') return place
  throw new UsageError(
    '--database-url-file (or NSENTINEL_DATABASE_URL) is missing: expected a file that holds the address of a database',
  )
}

/** What whoever asked can mend is one line; everything else failed. */
function explain(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === 'move-refused') {
    throw new UsageError(error.message, { cause: error })
  }
  throw error
}
