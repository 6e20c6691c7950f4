import type { Gap } from '../../model/gap.ts'
import type { NatRuleset } from '../../model/nat.ts'
import type { NatSource } from '../source.ts'
import { hasLegacyNat } from './legacy-tables.ts'
import { type IptablesReading, natGap, readIptables } from './read-iptables.ts'
import { createRunner, type RunTool } from './tool.ts'

export interface NatOptions {
  /** Where the node's procfs is mounted, `/proc` or `/host/proc`. */
  readonly procRoot: string
  readonly timeoutMs?: number
  readonly maxBytes?: number
}

const TIMEOUT_MS = 5000
const MAX_BYTES = 32 << 20
const FAMILIES = ['ipv4', 'ipv6'] as const

/** Makes the source of the NAT rules of the net namespace that we are in; reading them changes nothing. */
export function createNatSource({ procRoot, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES }: NatOptions): NatSource {
  const run = createRunner({ timeoutMs, maxBytes })
  return { read: async (_containers, signal) => await readAll(run, procRoot, signal) }
}

async function readAll(
  run: RunTool,
  procRoot: string,
  signal: AbortSignal,
): Promise<{ readonly ruleset: NatRuleset; readonly gaps: readonly Gap[] }> {
  const readings = await Promise.all([
    ...FAMILIES.map((family) => readIptables(run, { backend: 'iptables-nft', family }, signal)),
    ...FAMILIES.map((family) => readLegacy(run, procRoot, family, signal)),
  ])
  return {
    ruleset: { chains: readings.flatMap(({ chains }) => chains), datapaths: [], routeLocalnet: null },
    gaps: readings.flatMap(({ gaps }) => gaps),
  }
}

async function readLegacy(
  run: RunTool,
  procRoot: string,
  family: (typeof FAMILIES)[number],
  signal: AbortSignal,
): Promise<IptablesReading> {
  const has = await hasLegacyNat(procRoot, family)
  if (has === true) return readIptables(run, { backend: 'iptables-legacy', family }, signal)
  const gaps = has === false ? [] : [natGap({ backend: 'iptables-legacy', family }, has.failed, has.detail)]
  return { chains: [], gaps, told: [] }
}
