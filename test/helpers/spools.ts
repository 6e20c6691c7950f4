import { join } from 'node:path'
import type { Test } from 'tap'
import { MemorySpool, type MemorySpoolOptions } from '../../src/transport/memory-spool.ts'
import type { Spool } from '../../src/transport/spool.ts'
import { type OpenedSpool, openSqliteSpool, type SqliteSpoolOptions } from '../../src/transport/sqlite-spool.ts'
import { TAKEN_AT } from './builders.ts'
import { quiet } from './stream.ts'

/** Opens an empty spool that ends with the test. */
export type OpenSpool = (t: Test, given?: Partial<MemorySpoolOptions>) => Spool

/** Every kind of spool, which all must do the same. */
export const SPOOLS: Readonly<Record<string, OpenSpool>> = {
  memory: (_t, given) => new MemorySpool({ log: quiet, now: () => TAKEN_AT, ...given }),
  sqlite: (t, given) => openSpool(t, given).spool,
}

/** Opens a spool on disk, in a folder of the test's own unless one is given; it is closed with the test. */
export function openSpool(t: Test, { folder, ...given }: Partial<SqliteSpoolOptions> = {}): OpenedSpool {
  const opened = openSqliteSpool({ folder: folder ?? spoolFolder(t), log: quiet, now: () => TAKEN_AT, ...given })
  t.teardown(() => opened.spool.close())
  return opened
}

/** A folder for a spool, which is not there yet. */
export function spoolFolder(t: Test): string {
  return join(t.testdir({}), 'state')
}

/** Gives the numbers of what may be sent. */
export function seqs(spool: Spool, from = spool.firstSeq, maxBytes = Number.MAX_SAFE_INTEGER): number[] {
  return spool.read(from, maxBytes).map(({ seq }) => seq)
}
