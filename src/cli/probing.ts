import * as z from 'zod'
import { distinctTargets, withAnswers } from '../agent/probe-answers.ts'
import { targetsOf } from '../agent/probe-targets.ts'
import { ProbeWatch } from '../agent/probe-watch.ts'
import type { ProbeAnswer } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { BY_HAND, IN_BACKGROUND, IN_SCAN } from '../probe/bounds.ts'
import { targetKey } from '../probe/probe.ts'
import { createProber } from '../probe/prober.ts'
import { type Config, setting } from './config.ts'
import { parseExclusions } from './port-words.ts'
import { choice } from './settings.ts'

const MODES = ['off', 'connect', 'identify'] as const
const MODE_WORDS = 'what to ask host ports: off, connect (does it answer) or identify (and as what)'
const LIST_WORDS = 'ports, ranges and addresses such as 22,8000-8100/tcp,192.0.2.1'

/** What a scan may spend on asking ports. */
const SCAN_MS = 3000

/** What is never asked: of every command that asks ports. */
export const probeExclude = setting(
  z
    .string()
    .refine((list) => parseExclusions(list) !== null, { error: LIST_WORDS })
    .default(''),
  { value: 'LIST', description: `never ask these: ${LIST_WORDS}` },
)

/** How a scan by hand asks ports. */
export const scanProbeSettings = { probe: choice(MODES, 'identify', `${MODE_WORDS} (identify)`), probeExclude }

/** How an agent asks ports. */
export const loopProbeSettings = { probe: choice(MODES, 'connect', `${MODE_WORDS} (connect)`), probeExclude }

type ProbeConfig = Config<typeof scanProbeSettings>

/** Makes what asks ports for somebody who waits. */
export function proberByHand({ probeExclude: list }: Pick<ProbeConfig, 'probeExclude'>) {
  return createProber({ bounds: BY_HAND, exclude: parseExclusions(list) ?? [], now: Date.now })
}

/**
 * Asks a snapshot's ports once: first all of them whether they answer, then those that do as what, while there is time.
 * Those for which none is left stay without an answer.
 */
export async function withProbes(snapshot: Snapshot, config: ProbeConfig, signal: AbortSignal): Promise<Snapshot> {
  if (config.probe === 'off') return snapshot
  const targets = targetsOf(snapshot)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(SCAN_MS)])
  const prober = createProber({ bounds: IN_SCAN, exclude: parseExclusions(config.probeExclude) ?? [], now: Date.now })
  const first = await prober.probe(distinctTargets(targets), 'connect', limit)
  const isOpen = ({ outcome }: ProbeAnswer) => config.probe === 'identify' && outcome === 'open'
  const second = await prober.probe(first.filter(isOpen), 'identify', limit)
  const told = [...first, ...second.filter(({ outcome }) => outcome !== 'not-asked')]
  return withAnswers(snapshot, targets, new Map(told.map((answer) => [targetKey(answer), answer])))
}

/** Makes what asks ports beside an agent's scans; null where it is off. */
export function watchProbes({ probe: mode, probeExclude: list }: ProbeConfig): ProbeWatch | null {
  if (mode === 'off') return null
  const exclude = parseExclusions(list) ?? []
  return new ProbeWatch({
    prober: createProber({ bounds: IN_BACKGROUND, exclude, now: Date.now }),
    mode,
    now: Date.now,
  })
}
