import type { Gap, GapReason } from '../../model/gap.ts'
import type { NatChain } from '../../model/nat.ts'
import { natGap } from './gap.ts'
import { parseNft } from './nft.ts'
import type { Printed } from './tool.ts'

type Family = 'ipv4' | 'ipv6'

/** What nft printed, made chains of. */
export interface NftReading {
  readonly chains: readonly NatChain[]
  readonly gaps: readonly Gap[]
}

/**
 * Makes chains of what `nft -j list ruleset` printed.
 *
 * @param told families whose table `nat` iptables-save told in full
 */
export function parseNftReading(printed: Printed, told: readonly Family[]): NftReading {
  if ('failed' in printed) return failed(printed.failed, printed.detail)
  try {
    const chains = parseNft(printed.text, told)
    const opaque = chains.some(({ rules }) => rules.some(({ text }) => / xt (?:match|target) /.test(text)))
    return { chains, gaps: opaque ? [opaqueGap()] : [] }
  } catch (error) {
    return failed('malformed', error instanceof Error ? error.message : String(error))
  }
}

function opaqueGap(): Gap {
  const detail = 'made by iptables-nft, whose matches nft does not tell, and iptables-nft-save did not either'
  return natGap('rules of nftables', 'unsupported', detail)
}

function failed(reason: GapReason, detail: string): NftReading {
  return { chains: [], gaps: [natGap('rules of nftables', reason, detail)] }
}
