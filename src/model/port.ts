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
}

export interface PortOwner {
  readonly role: 'listener' | 'forwarder' | 'target'
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
  readonly effective: { readonly outside: Effective; readonly node: Effective; readonly loopback: Effective }
  readonly shadowedBy?: string
  readonly conditions: readonly string[]
  readonly targets: readonly PortTarget[]
  readonly owners: readonly PortOwner[]
  readonly declaredBy: readonly PortDeclaration[]
}

/** A socket that accepts, in one network namespace. */
export interface Listener {
  readonly netInode: number
  readonly family: 'ipv4' | 'ipv6' | 'dual' | 'unknown'
  readonly address: string
  readonly port: number
  readonly protocol: Protocol
  readonly socketInode: number
  readonly owners: readonly PortOwner[]
}

/** The key of a port's row in the keyed state: unique within one node. */
export function portKey(port: Port): string {
  return [port.protocol, port.family, port.hostAddress, port.hostPort, port.mechanism, port.claim].join('/')
}
