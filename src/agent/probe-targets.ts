import type { NetworkInterface } from '../model/node.ts'
import { type Port, type PortTarget, portKey } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { type ProbeTarget, targetKey } from '../probe/probe.ts'

/** More targets than this are not asked: a node of that many ports is known by then. */
const TARGETS_MAX = 4096
/** Of a range of ports so many are asked, from its beginning. */
const RANGE_MAX = 16

/** Mappings that any node takes for any other: a packet for one of them may leave the node. */
const MAY_LEAVE: readonly Port['mechanism'][] = ['node-port', 'load-balancer', 'ipvs', 'nat-rule']

/** Bridges and tunnels of container networks: their addresses are the node's, but nobody looks for it there. */
const BRIDGE = /^(docker|br-|cni|podman|virbr|kube-|flannel|cali|cilium|vxlan|nodelocaldns|veth|tun|tap)/

/** What to ask of each port, by its key. */
export type PortTargets = ReadonlyMap<string, readonly ProbeTarget[]>

/**
 * Lists what to ask of each of a snapshot's ports: on the address that it names, or on loopback and an address of the
 * node where it names any. Nothing is asked of a mapping that may lead to another node, and nothing at all by who is
 * outside of the host's net namespace: a scan from there tells no interfaces of the node.
 */
export function targetsOf({ node, ports }: Pick<Snapshot, 'node' | 'ports'>): PortTargets {
  if (node.interfaces.length === 0) return new Map()
  const own = ownAddresses(node.interfaces)
  const asked = new Set<string>()
  const found = new Map<string, readonly ProbeTarget[]>()
  for (const port of ports) {
    if (whyLeftAlone(port, own) !== null) continue
    const targets = numbersOf(port).flatMap((number) =>
      addressesToAsk(port, own).map((address) => ({ address, port: number, protocol: port.protocol })),
    )
    for (const target of targets) asked.add(targetKey(target))
    if (asked.size > TARGETS_MAX) break
    found.set(portKey(port), targets)
  }
  return found
}

/** Says why a port is not asked unless somebody names it; null of any other. */
export function whyLeftAlone(port: Port, own: Own): string | null {
  if (port.protocol === 'sctp') return 'SCTP is not asked'
  return mayLeave(port, own.all) ? 'another node may answer it' : null
}

/** Lists where a port can be asked that names any address: loopback, and where others look for the node. */
export function addressesToAsk({ hostAddress, family }: Pick<Port, 'hostAddress' | 'family'>, own: Own): string[] {
  const address = hostAddress.replace(/^::ffff:(?=.*\.)/, '')
  if (address !== '' && address !== '0.0.0.0' && address !== '::') {
    // A rule's network: of those that can be here only loopback's has an address that is surely ours.
    return address.startsWith('127.') && address.includes('/') ? ['127.0.0.1'] : [address.replace(/\/(?:32|128)$/, '')]
  }
  const v4 = family === 'ipv6' ? [] : ['127.0.0.1', ...own.v4]
  const v6 = family === 'ipv4' ? [] : ['::1', ...own.v6]
  return [...v4, ...v6]
}

/** Addresses of the node: of each family the one that others look for it at, if there is one, and all that there are. */
export interface Own {
  readonly v4: readonly string[]
  readonly v6: readonly string[]
  readonly all: ReadonlySet<string>
}

/** Picks the node's addresses from its interfaces. */
export function ownAddresses(interfaces: readonly NetworkInterface[]): Own {
  const outside = interfaces.filter(({ name }) => name !== 'lo')
  const ordered = [
    ...outside.filter(({ name }) => !BRIDGE.test(name)),
    ...outside.filter(({ name }) => BRIDGE.test(name)),
  ]
  const addresses = ordered.flatMap((one) => one.addresses).filter(({ address }) => !/^fe80:/i.test(address))
  const first = (wanted: 'ipv4' | 'ipv6') =>
    addresses
      .filter(({ family }) => family === wanted)
      .slice(0, 1)
      .map(({ address }) => address)
  const all = interfaces.flatMap((one) => one.addresses.map(({ address }) => address))
  return { v4: first('ipv4'), v6: first('ipv6'), all: new Set(all) }
}

function mayLeave({ mechanism, targets }: Port, own: ReadonlySet<string>): boolean {
  const isHere = ({ containerId, address }: PortTarget) => containerId !== undefined || own.has(address)
  return MAY_LEAVE.includes(mechanism) && !(targets.length > 0 && targets.every(isHere))
}

function numbersOf({ hostPort, hostPortEnd = hostPort }: Port): number[] {
  const length = Math.min(hostPortEnd - hostPort + 1, RANGE_MAX)
  return Array.from({ length }, (_, index) => hostPort + index)
}
