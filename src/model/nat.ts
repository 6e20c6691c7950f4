import type { Mechanism, PortTarget, Protocol } from './port.ts'

/** Where the kernel asks a base chain, netfilter hooks: packets that arrive pass prerouting, those of the node itself output. */
export type NatHook = 'prerouting' | 'input' | 'output' | 'postrouting'

/** One match of a rule, as far as it can be judged; `unknown` keeps a verdict from being guessed. */
export type NatMatch =
  | { readonly on: 'protocol'; readonly protocols: readonly Protocol[]; readonly negated: boolean }
  | { readonly on: 'source' | 'destination'; readonly networks: readonly string[]; readonly negated: boolean }
  | { readonly on: 'port'; readonly ranges: readonly (readonly [number, number])[]; readonly negated: boolean }
  | { readonly on: 'local-destination' | 'local-source'; readonly negated: boolean }
  | { readonly on: 'interface'; readonly direction: 'in' | 'out'; readonly name: string; readonly negated: boolean }
  /** A match that holds for a share of the connections, by chance. */
  | { readonly on: 'chance'; readonly probability: number }
  | { readonly on: 'unknown'; readonly text: string }

export type NatAction =
  | { readonly do: 'dnat'; readonly targets: readonly NatTarget[] }
  | { readonly do: 'redirect'; readonly port: number | null }
  | { readonly do: 'jump' | 'goto'; readonly chain: string }
  | { readonly do: 'return' | 'accept' | 'drop' }
  /** Marks, masquerading, logging: the packet goes on to the next rule. */
  | { readonly do: 'continue' }
  | { readonly do: 'unknown'; readonly text: string }

/** Where a packet is sent; port null keeps its own. */
export interface NatTarget {
  readonly address: string
  readonly port: number | null
  readonly weight?: number
}

export interface NatRule {
  /** As the tool printed it, bounded: evidence. */
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
  readonly base?: { readonly hook: NatHook; readonly priority: number }
  readonly rules: readonly NatRule[]
}

/** Every NAT chain of one net namespace, base chains of equal priority in the order in which the kernel asks them. */
export interface NatRuleset {
  readonly chains: readonly NatChain[]
  /** What forwards packets beside netfilter's rules, such as Cilium's eBPF or ipvs: then rules do not tell all. */
  readonly datapaths: readonly {
    readonly name: 'cilium' | 'calico-ebpf' | 'ipvs' | 'ebpf'
    readonly evidence: string
  }[]
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
  readonly address: string
  readonly port: number
  readonly protocol: Protocol
}

/** What the rules do with a packet; `local` leaves it to whoever listens. An unknown match on the way is never guessed. */
export type NatRoute =
  | { readonly outcome: 'local' | 'dropped' }
  | {
      readonly outcome: 'sent'
      readonly targets: readonly PortTarget[]
      readonly rules: readonly string[]
      readonly conditions: readonly string[]
    }
  | { readonly outcome: 'unknown'; readonly reason: string }
