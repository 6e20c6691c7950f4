import { BlockList, isIPv4 } from 'node:net'
import { scopeOf, unmapped } from '../model/address-scope.ts'
import type { Listener, Port, Protocol } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'

/** A claim on a host port: who has it, by what, and who declared it. */
export type PortClaim = Omit<Port, 'probe'>

/** A host port as somebody asks for it; without an address it is any. */
export interface WantedPort {
  readonly address?: string
  readonly port: number
  readonly protocol: Protocol
}

/** Lists the claims of a snapshot that meet a wanted port: what binds or maps it there, or declares to. */
export function claimsOn({ ports, listeners, baseline }: Snapshot, wanted: WantedPort): PortClaim[] {
  const claims = ports.filter((port) => meets(port, wanted)).map(claimOf)
  // What listens is among the ports, but for those that were too many to keep.
  if (claims.some(isHeld)) return claims
  const host = baseline.node.net?.inode
  const heard = listeners.filter(({ netInode }) => netInode === host).map(listenerClaim)
  return [...claims, ...heard.filter((claim) => meets(claim, wanted))]
}

/** Tells whether a claim is more than somebody's wish: something was seen there. */
export function isHeld({ mechanism, owners }: Pick<Port, 'mechanism' | 'owners'>): boolean {
  return owners.length > 0 || (mechanism !== 'none' && mechanism !== 'unknown')
}

function meets({ protocol, hostPort, hostPortEnd = hostPort, hostAddress, family }: PortClaim, wanted: WantedPort) {
  if (protocol !== wanted.protocol || wanted.port < hostPort || wanted.port > hostPortEnd) return false
  return wanted.address === undefined || overlap(hostAddress, family, wanted.address)
}

/** Tells whether a packet, or a bind, can be about both addresses: any address of a family meets all of it. */
function overlap(hostAddress: string, family: Port['family'], wantedAddress: string): boolean {
  const [held, wanted] = [unmapped(hostAddress), unmapped(wantedAddress)]
  const wantedFamily = isIPv4(wanted) ? 'ipv4' : 'ipv6'
  if (held === '' || scopeOf(held) === 'any') {
    // A socket on `::` that takes both meets both; of one that may, nobody can say that it does not.
    return family === 'dual' || family === 'unknown' || family === wantedFamily
  }
  const heldFamily = held.includes(':') ? 'ipv6' : 'ipv4'
  if (heldFamily !== wantedFamily) return wanted === '::'
  return scopeOf(wanted) === 'any' || isWithin(held, wanted, heldFamily)
}

function isWithin(held: string, wanted: string, family: 'ipv4' | 'ipv6'): boolean {
  const [network = '', length] = held.split('/')
  const addresses = new BlockList()
  if (length === undefined) addresses.addAddress(withoutZone(network), family)
  else addresses.addSubnet(network, Number(length), family)
  return addresses.check(withoutZone(wanted), family)
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '')
}

function claimOf({ probe: _, ...claim }: Port): PortClaim {
  return claim
}

function listenerClaim({ family, address, port, protocol, owners, socketInode }: Listener): PortClaim {
  return {
    family,
    hostAddress: address,
    hostPort: port,
    protocol,
    mechanism: 'host-listener',
    claim: `socket/${socketInode}`,
    effective: { outside: 'unknown', node: 'unknown', loopback: 'unknown' },
    conditions: [],
    targets: [],
    owners,
    declaredBy: [],
  }
}
