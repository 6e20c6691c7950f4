import type { Container } from '../../model/container.ts'
import type { Forwarder } from '../../model/forwarder.ts'
import type { Gap } from '../../model/gap.ts'
import type { NatMapping, NatPacket, NatRoute } from '../../model/nat.ts'
import type { NetworkInterface } from '../../model/node.ts'
import type { Listener, Port } from '../../model/port.ts'
import type { Draft } from '../join.ts'

/** The NAT rules of the host's net namespace, as far as ports need them. */
export interface NatView {
  readonly mappings: readonly NatMapping[]
  /** Tells what the rules do with a packet. */
  readonly follow: (packet: NatPacket) => NatRoute
  /** Why rules do not tell all, such as a datapath in eBPF; null where they do. */
  readonly opaque: string | null
}

/** All that a scan has read when it joins ports. */
export interface PortFacts {
  readonly drafts: readonly Draft[]
  readonly containers: readonly Container[]
  /** The inode of the host's net namespace; null without proof. */
  readonly hostNet: number | null
  /** Of every net namespace; null where nobody could look. */
  readonly listeners: readonly Listener[] | null
  /** What holds ports for containers, by pid; only processes that are in no container. */
  readonly forwarders: ReadonlyMap<number, Forwarder>
  /** Null where nobody could read the rules. */
  readonly nat: NatView | null
  /** The node's own. */
  readonly interfaces: readonly NetworkInterface[]
  readonly gaps: readonly Gap[]
}

/** A claim on a port, before it is known what packets reach. */
export type Claim = Omit<Port, 'effective' | 'shadowedBy'>

/** A socket of the host's and the claim that it serves. */
export interface ClaimedSocket {
  readonly listener: Listener
  readonly claim: string
  /** It keeps the port for its claim, and serves nobody. */
  readonly isPlaceholder: boolean
}
