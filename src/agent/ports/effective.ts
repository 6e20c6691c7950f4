import { BlockList } from 'node:net'
import { familyOf, isAny, scopeOf } from '../../model/address-scope.ts'
import type { NatPacket } from '../../model/nat.ts'
import type { NetworkInterface } from '../../model/node.ts'
import type { Effective, Port } from '../../model/port.ts'
import type { Claim } from './facts.ts'
import { type Arrival, combined, type Field, isNodeOnly, leadsTo, routesOf } from './routes.ts'

/** Of so many of the node's addresses each port is asked: bridges give a node one for each network. */
const ADDRESSES_MAX = 8

type Family = 'ipv4' | 'ipv6'

/** The node's addresses that others may send to. */
type Addresses = Readonly<Record<Family, readonly string[]>>

/** Adds to each claim whether packets for its port are its own, and who takes them where they are not. */
export function withEffective(claims: readonly Claim[], field: Field, interfaces: readonly NetworkInterface[]): Port[] {
  const arrive = routesOf(field)
  const addresses = addressesOf(interfaces)
  return claims.map((row) => {
    const outside = verdictOf(row, packetsFor(row, 'outside', addresses), arrive)
    const node = verdictOf(row, packetsFor(row, 'node', addresses), arrive)
    const loopback = verdictOf(row, loopbackPackets(row), arrive)
    const shadowedBy = [outside, node, loopback].flatMap(({ taker }) => taker ?? [])[0]
    return {
      ...row,
      effective: { outside: outside.word, node: node.word, loopback: loopback.word },
      ...(shadowedBy === undefined ? {} : { shadowedBy }),
    }
  })
}

function addressesOf(interfaces: readonly NetworkInterface[]): Addresses {
  const own = interfaces.flatMap(({ addresses }) => addresses).filter(({ address }) => scopeOf(address) !== 'loopback')
  const ofFamily = (family: Family) =>
    own.filter((found) => found.family === family).map(({ address }) => address.replace(/%.*$/, ''))
  return { ipv4: ofFamily('ipv4').slice(0, ADDRESSES_MAX), ipv6: ofFamily('ipv6').slice(0, ADDRESSES_MAX) }
}

function packetsFor(row: Claim, from: NatPacket['from'], addresses: Addresses): NatPacket[] {
  if (isNodeOnly(row.hostAddress)) return []
  const wanted = isAny(row.hostAddress)
    ? familiesOf(row).flatMap((family) => addresses[family])
    : within(row.hostAddress, addresses)
  return wanted.map((address) => packetOf(row, from, address))
}

function loopbackPackets(row: Claim): NatPacket[] {
  const { hostAddress } = row
  if (isNodeOnly(hostAddress)) return [packetOf(row, 'node', hostAddress.replace(/\/.*$/, '').replace(/\.0$/, '.1'))]
  if (!isAny(hostAddress)) return []
  return familiesOf(row).map((family) => packetOf(row, 'node', family === 'ipv4' ? '127.0.0.1' : '::1'))
}

/** A socket of `::` is taken for one of both families: one of IPv6 alone mostly has a twin, and is known. */
function familiesOf({ family }: Claim): Family[] {
  return family === 'ipv4' || family === 'ipv6' ? [family] : ['ipv4', 'ipv6']
}

/** The node's addresses in a network that a rule names, or the one address, which may be nobody's interface. */
function within(hostAddress: string, addresses: Addresses): readonly string[] {
  const [network = '', prefix] = hostAddress.split('/')
  if (prefix === undefined) return [network]
  const family = familyOf(network)
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), family)
  return addresses[family].filter((address) => list.check(address, family))
}

function packetOf({ hostPort, protocol }: Claim, from: NatPacket['from'], address: string): NatPacket {
  return { from, family: familyOf(address), address, port: hostPort, protocol }
}

interface Verdict {
  readonly word: Effective
  /** The claim that gets what is not this one's. */
  readonly taker?: string
}

function verdictOf(row: Claim, packets: readonly NatPacket[], arrive: (packet: NatPacket) => Arrival): Verdict {
  if (row.mechanism === 'unknown') return { word: 'unknown' }
  const arrivals = packets.map(arrive)
  const taker = arrivals.flatMap(({ claims }) => claims).find((claim) => claim !== row.claim)
  const word = combined(arrivals.map((arrival) => wordOf(row, arrival)))
  return { word, ...(taker === undefined ? {} : { taker }) }
}

function wordOf(row: Claim, { isKnown, claims, isSure, targets }: Arrival): Effective {
  if (!isKnown) return 'unknown'
  const isOwn = claims.includes(row.claim) || (claims.length === 0 && leadsTo(row, targets))
  if (!isOwn || row.mechanism === 'none') return 'no'
  return isSure && claims.length <= 1 ? 'yes' : 'conditional'
}
