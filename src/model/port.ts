export type Protocol = 'tcp' | 'udp' | 'sctp'

export type Mechanism =
  | 'host-listener'
  | 'docker-proxy'
  | 'docker-nat'
  | 'cni-portmap-iptables'
  | 'cni-portmap-nft'
  | 'podman-nat'
  | 'rootlessport'
  | 'node-port'
  | 'load-balancer'
  | 'ipvs'
  | 'nat-rule'
  | 'none'
  | 'unknown'

export type Effective = 'yes' | 'no' | 'conditional' | 'unknown'

export interface PortTarget {
  readonly address: string
  readonly port: number
  readonly containerId?: string
  readonly weight?: number
  /** Whether a socket accepts there, in the target's own net namespace; absent where nobody could look. */
  readonly listening?: boolean
}

/** Who takes part in a port. A `placeholder` binds it, so that nobody else does, and serves nobody: podman's conmon. */
export interface PortOwner {
  readonly role: 'listener' | 'forwarder' | 'target' | 'placeholder'
  readonly containerId?: string
  readonly pod?: string
  readonly pid?: number
  readonly comm?: string
}

export interface PortDeclaration {
  readonly by: 'docker' | 'cri' | 'annotation' | 'image'
  readonly containerId: string
  readonly hostAddress?: string
  /** True where nobody asked for it by hand, such as the hostPort the API server back-fills with hostNetwork. */
  readonly implicit: boolean
}

/**
 * What came of asking a port. `silent` is UDP's: neither data nor an ICMP error came, which an open and a filtered port
 * have in common. `reset` was open until something was said; `not-asked` is no word about the port at all.
 */
export type ProbeOutcome = 'open' | 'refused' | 'timeout' | 'reset' | 'unreachable' | 'silent' | 'failed' | 'not-asked'

/** How each outcome is said to people. */
export const OUTCOME_WORDS: Readonly<Record<ProbeOutcome, string>> = {
  open: 'open',
  refused: 'refused',
  timeout: 'no answer in time',
  reset: 'reset',
  unreachable: 'unreachable',
  silent: 'silent (open or filtered)',
  failed: 'could not ask',
  'not-asked': 'not asked',
}

/** Whether a port answered when it was asked, and as what; the source of each word is in `probe/`. */
export interface ProbeAnswer {
  /** From where it was asked: the host's net namespace, or a container's. */
  readonly vantage: 'host' | `container:${string}`
  readonly address: string
  readonly port: number
  readonly protocol: Protocol
  readonly outcome: ProbeOutcome
  /** What went wrong or why it was not asked, in words for people; never branched on. */
  readonly detail?: string
  /** What it is, such as `http`, `tls`, `ssh`, `banner`; absent where it was not asked or did not tell. */
  readonly identity?: ProbeIdentity
  /** Unix milliseconds; volatile, never makes an event. */
  readonly at: number
  /** Volatile, never makes an event. */
  readonly latencyMs: number
}

/** What a port says it is: every text is the peer's own word, cut and unescaped. */
export interface ProbeIdentity {
  /** `banner` is text of no protocol that is known here, `binary` bytes of none; `none` said nothing. */
  readonly protocol: 'http' | 'tls' | 'ssh' | 'banner' | 'binary' | 'none'
  /** The first line that was said; in hexadecimal digits where it is binary. */
  readonly banner?: string
  readonly http?: {
    readonly status: number
    readonly server?: string
    readonly title?: string
    readonly redirect?: string
  }
  readonly tls?: {
    /** Such as `TLSv1.3`; `unknown` where the handshake was refused before one was agreed on. */
    readonly version: string
    readonly subject?: string
    readonly names: readonly string[]
    /** Unix milliseconds; null where the certificate does not say. */
    readonly expiresAt: number | null
    readonly alpn?: string
    /** Why the certificate would not be trusted; absent where it would be. */
    readonly distrust?: string
  }
}

/** One claim on one (family, address, port, protocol) of the host. */
export interface Port {
  readonly family: 'ipv4' | 'ipv6' | 'dual' | 'unknown'
  /** `0.0.0.0` and `::` are any. */
  readonly hostAddress: string
  readonly hostPort: number
  readonly hostPortEnd?: number
  readonly protocol: Protocol
  /** `unknown` says that nobody could look, `none` that nothing is there. */
  readonly mechanism: Mechanism
  /** Container + container port + protocol, or one Service port: rows of one claim never conflict. */
  readonly claim: string
  /** Whether packets for this port from outside, from the node to its addresses, and to loopback are this claim's. */
  readonly effective: { readonly outside: Effective; readonly node: Effective; readonly loopback: Effective }
  /** The claim that some packets for this port reach instead. */
  readonly shadowedBy?: string
  readonly conditions: readonly string[]
  readonly targets: readonly PortTarget[]
  readonly owners: readonly PortOwner[]
  readonly declaredBy: readonly PortDeclaration[]
  /** The NAT rules that make it, as iptables-save or nft print them; bounded, and absent where there is none. */
  readonly rules?: readonly string[]
  /** Its target is no container's and no interface's address; said only where all that could explain it was looked at. */
  readonly orphan?: true
  readonly probe?: readonly ProbeAnswer[]
}

/** A socket that accepts, in one network namespace. */
export interface Listener {
  readonly netInode: number
  /** `dual` is bound to `::` and takes IPv4, too; `unknown` is bound to `::`, and nothing tells whether it does. */
  readonly family: 'ipv4' | 'ipv6' | 'dual' | 'unknown'
  readonly address: string
  /** It is a socket of IPv6, bound to an IPv4 address that is mapped into it: it takes IPv4 only. */
  readonly mapped?: true
  readonly port: number
  readonly protocol: Protocol
  readonly socketInode: number
  readonly owners: readonly PortOwner[]
}

/** A port's row in the keyed state: without when it was asked and how long that took, which change at every look. */
export interface PortState extends Omit<Port, 'probe'> {
  readonly probe?: readonly Omit<ProbeAnswer, 'at' | 'latencyMs'>[]
}

/** The key of a port's row in the keyed state: unique within one node. */
export function portKey(port: PortState): string {
  return [port.protocol, port.family, port.hostAddress, port.hostPort, port.mechanism, port.claim].join('/')
}

/** What Linux gives to sockets that do not ask for a port, ip(7): the default of net.ipv4.ip_local_port_range. */
const EPHEMERAL = { first: 32_768, last: 60_999 } as const

/** Tells whether a port is one that the kernel chooses by itself. */
export function isEphemeral(port: number): boolean {
  return port >= EPHEMERAL.first && port <= EPHEMERAL.last
}
