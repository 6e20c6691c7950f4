import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from './migrations/index.ts'
import type { Tables } from './tables.ts'

const STEPS_TABLE = 'kysely_migration'

/** What errors call a database whose address holds a password. */
export const THE_DATABASE = 'the PostgreSQL database'

/**
 * Brings a database to this version's schema, all of it or nothing; of several collectors one does so, the others wait.
 *
 * @param name what errors call it
 * @throws an error of code `later-version`, and leaves the database as it is, where a later version wrote it
 */
export async function migrate(db: Kysely<Tables>, name: string): Promise<void> {
  await refuseLaterVersion(db, name)
  const { error } = await new Migrator({ db, provider: migrations }).migrateToLatest()
  if (error !== undefined) throw new Error(`could not bring ${name} to this version's schema`, { cause: error })
}

/**
 * Tells whether every step of this version's schema has been made.
 *
 * @param name what errors call the database
 * @throws an error of code `later-version` where a later version has made further ones
 */
export async function isMigrated(db: Kysely<Tables>, name: string): Promise<boolean> {
  await refuseLaterVersion(db, name)
  const steps = await new Migrator({ db, provider: migrations }).getMigrations()
  return steps.every(({ executedAt }) => executedAt !== undefined)
}

/** Gives the names of the steps that make this version's schema. */
export async function listSteps(): Promise<readonly string[]> {
  return Object.keys(await migrations.getMigrations())
}

async function refuseLaterVersion(db: Kysely<Tables>, name: string): Promise<void> {
  const later = await stepsOfLaterVersions(db).catch((cause: unknown) => {
    throw new Error(`could not read ${name}`, { cause })
  })
  if (later.length === 0) return
  const message = `${name} was written by a later version of nsentinel (${later.join(', ')}): run that version, or restore a backup`
  throw Object.assign(new Error(message), { code: 'later-version' })
}

async function stepsOfLaterVersions(db: Kysely<Tables>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some((table) => table.name === STEPS_TABLE)) return []
  const rows = await db
    .withTables<{ [STEPS_TABLE]: { readonly name: string } }>()
    .selectFrom(STEPS_TABLE)
    .select('name')
    .orderBy('name')
    .execute()
  const known = await listSteps()
  return rows.map((row) => row.name).filter((step) => !known.includes(step))
}
