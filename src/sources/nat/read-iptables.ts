import type { Gap, GapReason } from '../../model/gap.ts'
import type { NatChain } from '../../model/nat.ts'
import { natGap } from './gap.ts'
import { type IptablesOrigin, parseIptables } from './iptables.ts'
import type { Printed, RunTool } from './tool.ts'

export interface IptablesReading {
  readonly chains: readonly NatChain[]
  readonly gaps: readonly Gap[]
  /** Families whose table nat of nftables is told here in full, and need not be taken from nft. */
  readonly told: readonly ('ipv4' | 'ipv6')[]
}

/** The programs that list one family's rules of one backend, the unmistakable first. */
const TOOLS = {
  'iptables-nft ipv4': ['iptables-nft-save', 'iptables-save'],
  'iptables-nft ipv6': ['ip6tables-nft-save', 'ip6tables-save'],
  'iptables-legacy ipv4': ['iptables-legacy-save', 'iptables-save'],
  'iptables-legacy ipv6': ['ip6tables-legacy-save', 'ip6tables-save'],
} as const

/** Reads the nat table of one family, of one backend. */
export async function readIptables(
  run: RunTool,
  origin: IptablesOrigin,
  signal: AbortSignal,
): Promise<IptablesReading> {
  const printed = await runFirst(run, origin, signal)
  const { family, backend } = origin
  if ('failed' in printed) return failed(origin, printed.failed, printed.detail)
  // A table that nft(8) wrote to, in words that iptables has none for, is told by nft alone.
  if (backend === 'iptables-nft' && /^# Table `nat' is incompatible/m.test(printed.text)) {
    return { chains: [], gaps: [], told: [] }
  }
  try {
    return { chains: parseIptables(printed.text, origin), gaps: [], told: backend === 'iptables-nft' ? [family] : [] }
  } catch (error) {
    return failed(origin, 'malformed', error instanceof Error ? error.message : String(error))
  }
}

/** Runs the first program that is there. A name that both backends share is asked whose it is before it reads anything. */
async function runFirst(run: RunTool, { backend, family }: IptablesOrigin, signal: AbortSignal): Promise<Printed> {
  const [own, shared] = TOOLS[`${backend} ${family}`]
  const printed = await run(own, ['-t', 'nat'], signal)
  if (!('failed' in printed && printed.failed === 'missing')) return printed
  const version = await run(shared, ['--version'], signal)
  if ('failed' in version) return version.failed === 'missing' ? printed : version
  const isNft = version.text.includes('nf_tables')
  return isNft === (backend === 'iptables-nft') ? await run(shared, ['-t', 'nat'], signal) : printed
}

function failed(origin: IptablesOrigin, reason: GapReason, detail: string): IptablesReading {
  return { chains: [], gaps: [natGap(subjectOf(origin), reason, detail)], told: [] }
}

export function subjectOf({ backend, family }: IptablesOrigin): string {
  return `${backend} rules, ${family}`
}
