import type { Gap } from '../model/gap.ts'
import type { Baseline } from '../model/namespace.ts'
import type { NatRuleset } from '../model/nat.ts'
import type { NatReport, NatSource, TaskReport } from '../sources/source.ts'
import type { Draft } from './join.ts'

const NO_RULES: NatRuleset = { chains: [], datapaths: [], routeLocalnet: null }

const ELSEWHERE: Gap = {
  source: 'nat',
  subject: 'rules',
  reason: 'unsupported',
  affects: ['tcp', 'udp', 'sctp'],
  detail: "the agent is not in the host's net namespace",
}

/** Reads the host's NAT rules, and takes what the source throws for its gap. From another net namespace there is a gap too, for its rules are not the host's. */
export async function readNat(
  nat: NatSource,
  { report, baseline, drafts }: { report: TaskReport; baseline: Baseline; drafts: readonly Draft[] },
  signal: AbortSignal,
): Promise<NatReport> {
  const { net } = report.self
  if (net === undefined || net !== baseline.node.net?.inode) return { ruleset: NO_RULES, gaps: [ELSEWHERE] }
  try {
    return await nat.read(drafts.map(({ id }) => id).toSorted(), signal)
  } catch (error) {
    signal.throwIfAborted()
    const detail = error instanceof Error ? error.message : String(error)
    return { ruleset: NO_RULES, gaps: [{ ...ELSEWHERE, reason: 'malformed', detail }] }
  }
}
