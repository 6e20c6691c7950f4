import { Kysely, sql } from 'kysely'
import { type Announcement, notifyingAnnouncer } from './announcer.ts'
import { ChangeListener } from './change-listener.ts'
import { type Clock, databaseClock } from './clock.ts'
import type { OnCommandNews } from './command-store.ts'
import { migrate, THE_DATABASE } from './migrate.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { judgeTrouble } from './postgres-trouble.ts'
import { readFindingsById } from './reads/findings-by-id.ts'
import { ROLL_CALL_CHANNEL, RollCall } from './roll-call.ts'
import { SqlStore } from './sql-store.ts'
import type { Changed, Store } from './store.ts'
import type { Tables } from './tables.ts'

export interface PostgresStoreOptions {
  /** libpq's connection URI, such as `postgres://nsentinel@db.example/nsentinel`. */
  readonly url: string
  /** How many connections this collector may hold at the most, beside one that listens. */
  readonly maxConnections: number
  /** How long one statement may take, 30 s; what the server leaves without a word for 5 s more is given up with its connection. */
  readonly statementTimeoutMs?: number
  /** The database's own, unless given. */
  readonly clock?: Clock
  /** Called with what other collectors committed. */
  readonly onChanged: (changed: Changed) => void
  /** Tells whether anybody wants to know now; where nobody does, nothing is read for them. Always unless given. */
  readonly isWatched?: () => boolean
  /** Called when something that others committed may have been missed. */
  readonly onMissed: () => void
  /** Called with what happens to commands, also by this collector. */
  readonly onCommandNews?: OnCommandNews
  /** Tells another collector whether an agent is connected to us and answers. */
  readonly isAlive?: (agentId: string) => Promise<boolean>
  /** Told when the database is lost, and goes on trying. */
  readonly onTrouble: (error: unknown) => void
}

/** Opens the store in a PostgreSQL database, which any number of collectors may use at once. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { onTrouble, url } = options
  await prepare(url)
  const replica = crypto.randomUUID()
  const db = new Kysely<Tables>({ dialect: postgresDialect({ ...options, byIndex: true, onLost: onTrouble }) })
  const say = async (payload: string) =>
    void (await sql`select pg_notify(${ROLL_CALL_CHANNEL}, ${payload})`.execute(db))
  const rollCall = new RollCall({ isAlive: async () => false, ...options, replica, say })
  const listener = new ChangeListener({
    onCommandNews: () => undefined,
    ...options,
    replica,
    onRollCall: (payload) => rollCall.hear(payload),
    onAnnounced: (announcement) => void tell(db, announcement, options),
  })
  return new SqlStore({
    db,
    clock: options.clock ?? databaseClock,
    rollCall,
    announcer: notifyingAnnouncer(replica),
    trouble: { judge: judgeTrouble, tell: onTrouble },
    beforeClose: () => listener.close(),
  })
}

/** A step of a migration may take longer than any statement of ours, and others wait for it. */
async function prepare(url: string): Promise<void> {
  const dialect = postgresDialect({ url, maxConnections: 1, statementTimeoutMs: 0, onLost: () => undefined })
  const db = new Kysely<Tables>({ dialect })
  await migrate(db, THE_DATABASE).finally(() => db.destroy())
}

/** Tells what another collector committed, with its findings as they are now. */
async function tell(
  db: Kysely<Tables>,
  { node, types, findings: ids }: Announcement,
  { isWatched, onChanged, onMissed, onTrouble }: PostgresStoreOptions,
): Promise<void> {
  if (isWatched?.() === false) return
  try {
    onChanged({ node, types, findings: await readFindingsById(db, node, ids) })
  } catch (error) {
    onTrouble(error)
    onMissed()
  }
}
