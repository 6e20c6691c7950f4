import type { Snapshot } from '../../model/snapshot.ts'
import type { Looker } from '../look.ts'

/**
 * Looks at this machine.
 *
 * @throws {Error} in the words of `--timeout` when that was up
 */
export async function lookOnce(looker: Looker, timeoutMs: number, signal: AbortSignal): Promise<Snapshot> {
  return await looker.look(signal).catch((error: unknown) => {
    throw signal.aborted ? new Error(`the look took longer than ${timeoutMs} ms (--timeout)`) : error
  })
}
