import type { Container } from '../../model/container.ts'
import { affectsAny, type Gap } from '../../model/gap.ts'
import type { Baseline } from '../../model/namespace.ts'
import type { NetworkInterface } from '../../model/node.ts'
import type { Listener } from '../../model/port.ts'
import type { Process } from '../../model/task.ts'
import type { DetailSource, NatReport } from '../../sources/source.ts'
import type { Draft } from '../join.ts'
import type { Heard } from '../listeners.ts'
import { followPacket } from '../nat/follow.ts'
import { listMappings } from '../nat/mappings.ts'
import type { NatView } from './facts.ts'
import { readForwarders } from './forwarders.ts'
import { joinPorts } from './join-ports.ts'

/** What a scan has read when it looks at ports. */
export interface PortContext {
  readonly processes: readonly Process[]
  readonly drafts: readonly Draft[]
  readonly containers: readonly Container[]
  readonly baseline: Baseline
  /** The node's own, or none where the agent is in another net namespace. */
  readonly interfaces: readonly NetworkInterface[]
  readonly heard: Pick<Heard, 'isHostRead'>
  readonly listeners: readonly Listener[]
  readonly nat: NatReport
  readonly gaps: readonly Gap[]
  readonly details: DetailSource
}

/** Asks who holds the host's sockets for others, and joins all that is known of the host's ports. */
export function readPorts(context: PortContext): ReturnType<typeof joinPorts> {
  const { processes, drafts, containers, interfaces, details, gaps } = context
  const hostNet = context.baseline.node.net?.inode ?? null
  const listeners = context.heard.isHostRead ? context.listeners : null
  const forwarders =
    hostNet === null || listeners === null
      ? new Map()
      : readForwarders(listeners, { processes, drafts, hostNet, details })
  const nat = viewOf(context.nat, interfaces)
  return joinPorts({ drafts, containers, interfaces, gaps, hostNet, listeners, forwarders, nat })
}

/** Rules of which some could not be read tell nothing for sure: any of those could stand in front. */
function viewOf({ ruleset, gaps }: NatReport, interfaces: readonly NetworkInterface[]): NatView | null {
  if (gaps.some((gap) => affectsAny(gap, ['tcp', 'udp', 'sctp']))) return null
  const local = interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address))
  const { mappings, complete } = listMappings(ruleset)
  // ipvs serves Services only, and what a container declares is no Service.
  const datapath = ruleset.datapaths.find(({ name }) => name !== 'ipvs')
  const beside = datapath === undefined ? null : `${datapath.name} forwards packets as well: ${datapath.evidence}`
  return {
    mappings,
    follow: (packet) => followPacket(ruleset, packet, local),
    opaque: complete ? beside : 'there are more rules than are followed',
  }
}
