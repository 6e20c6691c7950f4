import type { Snapshot } from '../model/snapshot.ts'
import { UsageError } from './errors.ts'
import { readBounded } from './read-bounded.ts'
import { parseSnapshot } from './snapshot-schema.ts'

const LARGEST_SNAPSHOT_BYTES = 256 << 20

/**
 * Reads a saved snapshot, or the JSON of a scan.
 *
 * @throws UsageError when the file cannot be read or holds something else
 */
export async function readSnapshot(file: string): Promise<Snapshot> {
  return await readBounded(file, LARGEST_SNAPSHOT_BYTES)
    .then(parseSnapshot)
    .catch((cause: unknown) => {
      throw new UsageError(`cannot replay ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      })
    })
}
