import type { NatReport, NatSource } from '../source.ts'
import { readAll } from './read-all.ts'
import { createRunner } from './tool.ts'

export interface NatOptions {
  /** Where the node's procfs is mounted, `/proc` or `/host/proc`. */
  readonly procRoot: string
  /** Where the programs are, whatever PATH we were started with. */
  readonly path?: string
  readonly timeoutMs?: number
  readonly maxBytes?: number
  /** Milliseconds that only go forward. */
  readonly clock?: () => number
}

/** What is kept of one reading. */
interface Kept {
  readonly report: NatReport
  readonly containers: string
  /** Until when it serves. */
  readonly until: number
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const TIMEOUT_MS = 5000
const MAX_BYTES = 32 << 20

/** Rules seldom change. Nothing tells cheaply whether they did, so they are read anew after this long. */
const MIN_AGE_MS = 30_000
const MAX_AGE_MS = 120_000
/** Of the time that a reading took: the programs and we together cost less than a hundredth of one core. */
const AGE_PER_COST = 100

/**
 * Makes the source of the NAT rules of the net namespace that we are in. What was read serves for 30 s, and for longer
 * where reading is dear, but never for other containers: whoever starts one may have made rules for it.
 */
export function createNatSource(options: NatOptions): NatSource {
  const {
    procRoot,
    path = PATH,
    timeoutMs = TIMEOUT_MS,
    maxBytes = MAX_BYTES,
    clock = () => performance.now(),
  } = options
  const run = createRunner({ path, timeoutMs, maxBytes })
  let kept: Kept | undefined
  let last: Promise<unknown> = Promise.resolve()

  async function read(containers: string, signal: AbortSignal): Promise<NatReport> {
    signal.throwIfAborted()
    if (kept?.containers === containers && clock() < kept.until) return kept.report
    const before = clock()
    const report = await readAll(run, procRoot, signal)
    const now = clock()
    const age = Math.min(MAX_AGE_MS, Math.max(MIN_AGE_MS, AGE_PER_COST * (now - before)))
    kept = { report, containers, until: before + age }
    return report
  }

  return {
    read: (containers, signal) => {
      // One after the other: two at once would cost twice, and might answer in the wrong order.
      const reading = last.then(() => read(containers.join(' '), signal))
      last = reading.catch(() => undefined)
      return reading
    },
  }
}
