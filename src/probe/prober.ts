import { setTimeout as delay } from 'node:timers/promises'
import type { ProbeAnswer } from '../model/port.ts'
import { askTcp } from './ask-tcp.ts'
import { askUdp } from './ask-udp.ts'
import type { ProbeBounds } from './bounds.ts'
import type { Asked } from './outcome.ts'
import { type IsOwn, readOwnAddresses } from './own-addresses.ts'
import type { Exclusion, ProbeMode, Prober, ProbeTarget } from './probe.ts'

export interface ProberOptions {
  readonly bounds: ProbeBounds
  readonly exclude?: readonly Exclusion[]
  readonly vantage?: ProbeAnswer['vantage']
  /** Addresses that count as the node's beside those of our own network namespace. */
  readonly addresses?: readonly string[]
  /** Unix milliseconds. */
  readonly now: () => number
}

const MS_PER_S = 1000

/** Makes what asks ports from the network namespace that this process is in. */
export function createProber(options: ProberOptions): Prober {
  const { bounds, exclude = [], vantage = 'host', now } = options
  return {
    probe: async (targets, mode, signal, onAnswer) => {
      const isOwn = readOwnAddresses(options.addresses)
      const answers: ProbeAnswer[] = []
      const ask = async (target: ProbeTarget, index: number) => {
        const at = now()
        const why = whyNot(target, isOwn, exclude)
        const { latencyMs, ...asked } = why === null ? await askOne(target, mode, bounds, signal) : notAsked(why)
        const { address, port, protocol } = target
        const answer = { vantage, address, port, protocol, ...asked, at, latencyMs }
        answers[index] = answer
        onAnswer?.(answer)
      }
      await eachOf(targets, bounds, signal, ask)
      return answers
    },
  }
}

/** Asks one target, and holds to what may be spent on it. */
async function askOne(target: ProbeTarget, mode: ProbeMode, bounds: ProbeBounds, signal: AbortSignal): Promise<Asked> {
  if (signal.aborted) return notAsked('no time was left')
  const limit = AbortSignal.any([signal, AbortSignal.timeout(bounds.targetMs)])
  return await (target.protocol === 'udp' ? askUdp : askTcp)(target, mode, bounds, limit)
}

function notAsked(detail: string): Asked {
  return { outcome: 'not-asked', detail, latencyMs: 0 }
}

function whyNot(target: ProbeTarget, isOwn: IsOwn, exclude: readonly Exclusion[]): string | null {
  if (target.protocol === 'sctp') return 'SCTP is not asked'
  if (!isOwn(target.address)) return 'no address of this node'
  return exclude.some((exclusion) => covers(exclusion, target)) ? 'excluded' : null
}

function covers({ address, ports, protocol }: Exclusion, target: ProbeTarget): boolean {
  if (address !== undefined && address !== target.address) return false
  if (protocol !== undefined && protocol !== target.protocol) return false
  return ports === undefined || (ports[0] <= target.port && target.port <= ports[1])
}

/** Runs through targets with so many at the same time and so many begun in a second; once aborted, without a pause. */
async function eachOf(
  targets: readonly ProbeTarget[],
  { concurrency, perSecond }: ProbeBounds,
  signal: AbortSignal,
  ask: (target: ProbeTarget, index: number) => Promise<void>,
): Promise<void> {
  const queue = targets.entries()
  let nextAt = performance.now()
  const pace = async () => {
    const waitMs = nextAt - performance.now()
    nextAt = Math.max(nextAt, performance.now()) + MS_PER_S / perSecond
    // It only ends sooner.
    if (waitMs > 1) await delay(waitMs, undefined, { signal }).catch(() => undefined)
  }
  const work = async () => {
    for (const [index, target] of queue) {
      if (!signal.aborted) await pace()
      await ask(target, index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, targets.length) }, work))
}
