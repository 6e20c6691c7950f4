import type { OnCommandNews } from '../store/command-store.ts'
import type { Changed, Store } from '../store/store.ts'
import type { Config } from './config.ts'
import { setting } from './config.ts'
import { UsageError } from './errors.ts'
import { expectPlace } from './expect-place.ts'
import type { Io } from './io.ts'
import { readBounded } from './read-bounded.ts'
import { MEMORY, store, text } from './settings.ts'

const LARGEST_FILE_BYTES = 4096
const MOST_CONNECTIONS = 10
/** libpq's URI, which may leave the host out and name a socket's folder instead: no URL as browsers know it. */
const ADDRESS = /^(?<protocol>postgres(?:ql)?:\/\/)(?:[^?#\s]*@)?(?<place>[^?#\s]*)(?:\?\S*)?$/

/** Where a collector keeps everything: one SQLite file of its own, or a database that several share. */
export type StorePlace =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string }

export const storeSettings = {
  store,
  databaseUrlFile: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description:
      'holds the postgres:// address of a database that any number of collectors share, instead of --store (else NSENTINEL_DATABASE_URL does)',
  }),
}

/** What a store that others write to as well tells of them. */
export interface StoreWatch {
  readonly onChanged: (changed: Changed) => void
  /** Tells whether anybody wants to know now. */
  readonly isWatched: () => boolean
  readonly onMissed: () => void
  readonly onCommandNews: OnCommandNews
  /** Tells another collector whether an agent is connected to us and answers. */
  readonly isAlive: (agentId: string) => Promise<boolean>
  readonly onTrouble: (error: unknown) => void
  /** Called when an open store is lost for good: only another process can open it again. */
  readonly onLost: (error: Error) => void
}

/**
 * Finds out where to keep everything. The address holds a password, so no message does.
 *
 * @throws UsageError when there are two places, the file cannot be read, or it holds no address of PostgreSQL
 */
export async function readStorePlace(config: Config<typeof storeSettings>, { env }: Io): Promise<StorePlace> {
  const { store: path, databaseUrlFile } = config
  const given = databaseUrlFile === undefined ? env['NSENTINEL_DATABASE_URL'] : await readUrl(databaseUrlFile)
  if (given === undefined || given === '') {
    if (path !== MEMORY) await expectPlace('--store', path)
    return { kind: 'sqlite', path }
  }
  const source = databaseUrlFile === undefined ? 'NSENTINEL_DATABASE_URL' : '--database-url-file'
  if (path !== MEMORY) throw new UsageError(`--store: expected one place to keep everything, got ${source} too`)
  const url = given.trim()
  if (ADDRESS.test(url)) return { kind: 'postgres', url }
  throw new UsageError(
    `${source}: expected an address such as postgres://user:password@host/database, got another text`,
  )
}

/**
 * Opens the store; its modules are loaded only where they are used.
 *
 * @throws UsageError when another collector uses the file
 */
export async function openStore(place: StorePlace, watch: StoreWatch): Promise<Store> {
  if (place.kind === 'sqlite') {
    const { onCommandNews, onLost } = watch
    if (place.path === MEMORY) {
      const { openSqliteStore } = await import('../store/sqlite.ts')
      return openSqliteStore({ path: MEMORY, now: Date.now, onCommandNews })
    }
    const { openThreadedStore } = await import('../store/threaded-store.ts')
    return openThreadedStore({ path: place.path, onCommandNews, onLost }).catch(explainTaken)
  }
  const { openPostgresStore } = await import('../store/postgres.ts')
  return openPostgresStore({ ...watch, url: place.url, maxConnections: MOST_CONNECTIONS })
}

/** Says where it is, without the password. */
export function nameOfPlace(place: StorePlace): string {
  if (place.kind === 'sqlite') return place.path
  const { protocol = '', place: named = '' } = ADDRESS.exec(place.url)?.groups ?? {}
  return `${protocol}${named}`
}

function explainTaken(error: unknown): never {
  if (!(error instanceof Error && 'code' in error && error.code === 'store-taken')) throw error
  throw new UsageError(`--store: ${error.message}; stop it first, or give this one a file of its own`, { cause: error })
}

async function readUrl(file: string): Promise<string> {
  return readBounded(file, LARGEST_FILE_BYTES).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`--database-url-file: expected a file that holds an address, got ${file}: ${reason}`, {
      cause,
    })
  })
}
