import type { Mechanism, PortTarget, Protocol } from './port.ts'

/** Where the kernel asks a base chain, netfilter hooks: packets that arrive pass prerouting, those of the node itself output. */
export type NatHook = 'prerouting' | 'input' | 'output' | 'postrouting'

/** One match of a rule, as far as it can be judged; `unknown` keeps a verdict from being guessed. */
export type NatMatch =
  | { readonly on: 'protocol'; readonly protocols: readonly Protocol[]; readonly negated: boolean }
  /** Addresses, networks with a prefix length, or ranges `first-last`: one of them must hold. */
  | { readonly on: 'source' | 'destination'; readonly networks: readonly string[]; readonly negated: boolean }
  /** The port that a packet is sent to. */
  | { readonly on: 'port'; readonly ranges: readonly (readonly [number, number])[]; readonly negated: boolean }
  | { readonly on: 'local-destination' | 'local-source'; readonly negated: boolean }
  /** A name that ends in `*` is a prefix. */
  | {
      readonly on: 'interface'
      readonly direction: 'in' | 'out'
      readonly names: readonly string[]
      readonly negated: boolean
    }
  | { readonly on: 'family'; readonly family: 'ipv4' | 'ipv6'; readonly negated: boolean }
  /** A match that holds for a share of the connections, by chance. */
  | { readonly on: 'chance'; readonly probability: number }
  /** It is understood and holds for some packets only, such as a source port, a rate or an hour. */
  | { readonly on: 'sometimes'; readonly text: string }
  | { readonly on: 'unknown'; readonly text: string }

export type NatAction =
  | { readonly do: 'dnat'; readonly targets: readonly NatTarget[] }
  /** To the node itself. */
  | { readonly do: 'redirect'; readonly ports: NatPorts | null }
  | { readonly do: 'jump' | 'goto'; readonly chain: string }
  | { readonly do: 'return' | 'accept' | 'drop' }
  /** Marks, masquerading, logging: the packet goes on to the next rule. */
  | { readonly do: 'continue' }
  | { readonly do: 'unknown'; readonly text: string }

/** The ports that a rule sends to. A packet keeps its own where that is one of them, and gets the first otherwise. */
export interface NatPorts {
  readonly first: number
  readonly last: number
  /** Shifted ports: this one becomes the first, the next the second. */
  readonly base?: number
  /** Any of them, by chance. */
  readonly random?: boolean
}

/** Where a packet is sent; what is null it keeps. */
export interface NatTarget {
  /** One address, or a range `first-last` of which the kernel chooses. */
  readonly address: string | null
  readonly ports: NatPorts | null
  readonly weight?: number
}

export interface NatRule {
  /** As iptables-save prints it, or in nft's words, bounded: evidence. */
  readonly text: string
  readonly comment?: string
  readonly matches: readonly NatMatch[]
  readonly action: NatAction
}

export interface NatChain {
  readonly backend: 'iptables-nft' | 'iptables-legacy' | 'nft'
  readonly family: 'ipv4' | 'ipv6' | 'inet'
  readonly table: string
  readonly name: string
  /** Of a base chain; the kernel asks lower priorities first. */
  readonly base?: { readonly hook: NatHook; readonly priority: number; readonly policy: 'accept' | 'drop' }
  readonly rules: readonly NatRule[]
}

/** Every chain of the tables that do NAT in one net namespace. Nothing tells which of two base chains of one priority is asked first. */
export interface NatRuleset {
  readonly chains: readonly NatChain[]
  /** What forwards packets beside netfilter's rules, such as Cilium's eBPF or ipvs: then rules do not tell all. */
  readonly datapaths: readonly NatDatapath[]
  /**
   * Interfaces that let packets to or from 127.0.0.0/8 pass, sysctl route_localnet; `all` stands for every one. Without
   * it, a packet from the node to 127.0.0.1 that a rule sends elsewhere is lost. Null when that could not be read.
   */
  readonly routeLocalnet: readonly string[] | null
}

export interface NatDatapath {
  readonly name: 'cilium' | 'calico-ebpf' | 'ipvs' | 'ebpf'
  readonly evidence: string
}

/** One host port, or range of them, that rules send elsewhere. */
export interface NatMapping {
  readonly family: 'ipv4' | 'ipv6'
  /** `0.0.0.0` and `::` are any of the node's own; a network keeps its prefix length, as `127.0.0.0/8`. */
  readonly hostAddress: string
  readonly hostPort: number
  readonly hostPortEnd?: number
  readonly protocol: Protocol
  readonly mechanism: Mechanism
  /** The id of the container or sandbox that the rule's manager wrote beside it; may be cut. */
  readonly containerHint?: string
  /** `namespace/name:port` of a Service. */
  readonly service?: string
  /** Of a range, where its first port goes. */
  readonly targets: readonly PortTarget[]
  /** The rules on the way, bounded. */
  readonly rules: readonly string[]
  /** Matches on the way that hold only sometimes, in words. */
  readonly conditions: readonly string[]
  /** From where packets meet it. */
  readonly hooks: readonly ('prerouting' | 'output')[]
}

/** A packet as the kernel would meet it: from outside it passes prerouting, from the node itself output. */
export interface NatPacket {
  readonly from: 'outside' | 'node'
  readonly family: 'ipv4' | 'ipv6'
  /** Where it is sent to. */
  readonly address: string
  readonly port: number
  readonly protocol: Protocol
  /** Who sends it, where that is known; the node itself sends from the address that it sends to. */
  readonly source?: string
  /** By which interface it arrives, where that is known. */
  readonly interface?: string
}

/** What the rules do with a packet; `local` leaves it to whoever listens. An unknown match on the way is never guessed. */
export type NatRoute =
  | { readonly outcome: 'local' | 'dropped' }
  | {
      readonly outcome: 'sent'
      readonly targets: readonly PortTarget[]
      readonly rules: readonly string[]
      /** In words, what decides between targets, or between them and the rest. */
      readonly conditions: readonly string[]
      /** What becomes of the packets for which the conditions do not hold; absent where every one is sent. */
      readonly rest?: 'local' | 'dropped'
    }
  | { readonly outcome: 'unknown'; readonly reason: string }
