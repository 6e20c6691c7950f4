import type { TransportLog } from '../transport/log.ts'
import { MemorySpool } from '../transport/memory-spool.ts'
import { SpoolError } from '../transport/spool-trouble.ts'
import { type OpenedSpool, openSqliteSpool } from '../transport/sqlite-spool.ts'
import type { Config } from './config.ts'
import { UsageError } from './errors.ts'
import type { spoolSettings } from './settings.ts'

/**
 * Opens where changes wait until the collector has them: in the state directory, or, without one, in memory.
 *
 * @throws UsageError when another agent has the directory
 */
export function openSpool(config: Config<typeof spoolSettings>, log: TransportLog): OpenedSpool {
  const { stateDir: folder, spoolSize: maxBytes, spoolAge: maxAgeMs } = config
  const options = { log, maxBytes, maxAgeMs }
  if (folder === undefined) return { spool: new MemorySpool(options), state: new Map() }
  try {
    return openSqliteSpool({ ...options, folder })
  } catch (cause) {
    if (!(cause instanceof SpoolError)) throw cause
    throw new UsageError(`--state-dir: expected a directory that no other agent uses, got ${folder}`, { cause })
  }
}
