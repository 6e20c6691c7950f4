import { isAny, scopeOf } from '../../model/address-scope.ts'
import type { NatPacket, NatRoute } from '../../model/nat.ts'
import type { Effective, Listener, PortTarget } from '../../model/port.ts'
import type { Claim, ClaimedSocket, NatView } from './facts.ts'

/** Whom a packet reaches. */
export interface Arrival {
  /** False where nobody can tell. */
  readonly isKnown: boolean
  /** Who may get it; nobody, or somebody without a claim here, where there is none. */
  readonly claims: readonly string[]
  /** Whether every such packet gets there. */
  readonly isSure: boolean
  readonly targets: readonly PortTarget[]
}

const NOBODY: Arrival = { isKnown: true, claims: [], isSure: true, targets: [] }
const UNKNOWN: Arrival = { isKnown: false, claims: [], isSure: false, targets: [] }

/** What packets meet on the host: rules first, then sockets. */
export interface Field {
  readonly nat: NatView | null
  readonly claims: readonly Claim[]
  readonly sockets: readonly ClaimedSocket[]
}

/** Gives whom each packet reaches, asked once for each. */
export function routesOf({ nat, claims, sockets }: Field): (packet: NatPacket) => Arrival {
  const known = new Map<string, Arrival>()
  const mapped = claims.filter(({ targets }) => targets.length > 0)
  const socketsByPort = Map.groupBy(sockets, ({ listener: { protocol, port } }) => `${protocol}/${port}`)
  const arrivalOf = (packet: NatPacket): Arrival => {
    if (nat === null || nat.opaque !== null) return UNKNOWN
    const route = nat.follow(packet)
    switch (route.outcome) {
      case 'local':
        return arrivalAt(packet, socketsByPort)
      case 'dropped':
        return NOBODY
      case 'unknown':
        return UNKNOWN
      case 'sent': {
        const sent = sentTo(mapped, packet, route)
        if (route.rest === undefined) return sent
        const rest = route.rest === 'local' ? arrivalAt(packet, socketsByPort) : NOBODY
        return { ...sent, claims: [...new Set([...sent.claims, ...rest.claims])], isSure: false }
      }
    }
  }
  return (packet) => {
    const key = `${packet.from}/${packet.protocol}/${packet.address}/${packet.port}`
    const found = known.get(key) ?? arrivalOf(packet)
    known.set(key, found)
    return found
  }
}

/** Two claims may lead to one place: the one whose rules the packet met is meant. */
function sentTo(
  mapped: readonly Claim[],
  packet: NatPacket,
  { targets, rules }: Extract<NatRoute, { outcome: 'sent' }>,
): Arrival {
  const claims = targets.flatMap((target) => {
    const found = mapped.filter((row) => covers(row, packet) && leadsTo(row, [target]))
    return (found.find((row) => row.rules?.some((rule) => rules.includes(rule))) ?? found[0])?.claim ?? []
  })
  return { isKnown: true, claims: [...new Set(claims)], isSure: true, targets }
}

function arrivalAt(packet: NatPacket, byPort: ReadonlyMap<string, readonly ClaimedSocket[]>): Arrival {
  const found = (byPort.get(`${packet.protocol}/${packet.port}`) ?? [])
    .map((socket) => ({ ...socket, weight: weightOf(socket.listener, packet) }))
    .filter(({ weight }) => weight > 0)
  const best = Math.max(0, ...found.map(({ weight }) => weight))
  // SO_REUSEPORT: the kernel spreads connections over sockets that are bound alike.
  const bound = found.filter(({ weight, isPlaceholder }) => weight === best && !isPlaceholder)
  const claims = new Set(bound.map(({ claim }) => claim))
  return { ...NOBODY, claims: [...claims] }
}

/** The kernel prefers a socket that is bound to the address itself, then one of the packet's family, then `::`. */
function weightOf({ address, family }: Listener, packet: NatPacket): number {
  if (address === packet.address) return 3
  if (!isAny(address)) return 0
  if (packet.family === 'ipv6') return family === 'ipv4' ? 0 : 2
  if (family === 'ipv4') return 2
  return family === 'dual' || family === 'unknown' ? 1 : 0
}

function covers({ hostPort, hostPortEnd = hostPort, protocol }: Claim, packet: NatPacket): boolean {
  return protocol === packet.protocol && hostPort <= packet.port && packet.port <= hostPortEnd
}

/** Tells whether a claim is what a packet was sent to; of a range the port goes along. */
export function leadsTo({ targets }: Pick<Claim, 'targets'>, sent: readonly PortTarget[]): boolean {
  return sent.some(({ address, port }) =>
    targets.some((target) => isAt(target, address) && (target.port === port || targets.length === 1)),
  )
}

/** REDIRECT leads to the address that a packet was sent to. */
function isAt({ address }: PortTarget, sent: string): boolean {
  return address === sent || isAny(address)
}

/** Combines what several packets meet: what is not so for all of them is conditional. */
export function combined(words: readonly Effective[]): Effective {
  const [first = 'no', ...others] = new Set(words)
  if (others.length === 0) return first
  return words.includes('unknown') ? 'unknown' : 'conditional'
}

/** Tells whether an address is one that only the node itself can send to. */
export function isNodeOnly(address: string): boolean {
  return !isAny(address) && scopeOf(address) === 'loopback'
}
