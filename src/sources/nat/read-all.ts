import type { Gap } from '../../model/gap.ts'
import type { NatReport } from '../source.ts'
import { findDatapaths, readTraces } from './datapaths.ts'
import { natGap } from './gap.ts'
import { hasLegacyNat } from './legacy-tables.ts'
import { type IptablesReading, readIptables, subjectOf } from './read-iptables.ts'
import { parseNftReading } from './read-nft.ts'
import { readRouteLocalnet } from './route-localnet.ts'
import type { RunTool } from './tool.ts'

const FAMILIES = ['ipv4', 'ipv6'] as const

/** Reads all NAT rules of our net namespace, by every tool that is there; reading changes nothing. */
export async function readAll(run: RunTool, procRoot: string, signal: AbortSignal): Promise<NatReport> {
  const [traces, nft, iptables, legacy] = await Promise.all([
    readTraces(procRoot),
    run('nft', ['-j', 'list', 'ruleset'], signal),
    Promise.all(FAMILIES.map((family) => readIptables(run, { backend: 'iptables-nft', family }, signal))),
    Promise.all(FAMILIES.map((family) => readLegacy(run, procRoot, family, signal))),
  ])
  const told = iptables.flatMap((reading) => reading.told)
  const native = parseNftReading(nft, told)
  // What nft prints holds the tables of iptables-nft too: without its own program, only what is opaque there is missed.
  const isCovered = ({ reason }: Gap) => reason === 'missing' && !('failed' in nft)
  const missed = iptables.flatMap(({ gaps }) => gaps.filter((gap) => !isCovered(gap)))
  return {
    ruleset: {
      chains: [...iptables, ...legacy, native].flatMap(({ chains }) => chains),
      datapaths: findDatapaths(traces),
      routeLocalnet: await readRouteLocalnet(procRoot, traces.interfaces),
    },
    gaps: [...missed, ...legacy.flatMap(({ gaps }) => gaps), ...native.gaps],
  }
}

async function readLegacy(
  run: RunTool,
  procRoot: string,
  family: (typeof FAMILIES)[number],
  signal: AbortSignal,
): Promise<IptablesReading> {
  const origin = { backend: 'iptables-legacy', family } as const
  const has = await hasLegacyNat(procRoot, family)
  if (has === true) return readIptables(run, origin, signal)
  const gaps = has === false ? [] : [natGap(subjectOf(origin), has.failed, has.detail)]
  return { chains: [], gaps, told: [] }
}
