import type { Gap, GapReason } from '../../model/gap.ts'
import { isFailure } from './attempt.ts'

const HIDDEN = 'processes of others are hidden: /proc is mounted with hidepid'

/**
 * Names what a scan of all processes could not read, one gap for each reason. A process that ended meanwhile is none.
 * A /proc mounted with hidepid=, proc(5), closes other users' directories or leaves them out, pid 1's first of all.
 *
 * @param results of each pid, in the same order
 */
export function gapsOf(pids: readonly number[], results: readonly unknown[]): Gap[] {
  const details = new Map<GapReason, string>()
  if (!pids.includes(1)) details.set('denied', HIDDEN)
  for (const [index, result] of results.entries()) {
    if (!isFailure(result) || result.failed === 'gone' || details.has(result.failed)) continue
    details.set(result.failed, result.failed === 'denied' ? HIDDEN : `pid ${pids[index]}: ${result.detail}`)
  }
  return [...details].map(([reason, detail]) => gapOf(reason, detail))
}

function gapOf(reason: GapReason, detail: string): Gap {
  return { source: 'procfs', subject: 'processes', reason, affects: '*', detail }
}
