import type { NatMatch, NatPacket } from '../../model/nat.ts'
import { canonical, isEverything, isLoopback, isWithin } from './address.ts'

/** Whether a packet meets a rule's matches: never, always, or as far as chance, conditions and what is not understood allow. */
export interface Judgement {
  readonly holds: boolean
  readonly probability: number
  readonly conditions: readonly string[]
  readonly unknowns: readonly string[]
}

/** What is known of the packet and of the node that it meets. */
export interface Situation {
  readonly packet: NatPacket
  /** The node's own addresses, in canonical spelling. */
  readonly local: ReadonlySet<string>
  /** Interfaces that lead to containers. */
  readonly inside: ReadonlySet<string>
}

/** One match's word: a truth, or why there is none. */
type Word = boolean | { readonly condition: string } | { readonly unknown: string } | { readonly probability: number }

/** What runtimes and network plugins call the interfaces on a container's way; nothing from outside arrives by them. */
const CONTAINER_INTERFACE =
  /^(?:lo|docker\d+|docker_gwbridge|br-[\da-f]{12}|(?:cni-)?podman\d+|cni\d+|cbr0|nerdctl\d+|veth.*|cali.*|virbr\d+)$/

const NEVER: Judgement = { holds: false, probability: 0, conditions: [], unknowns: [] }

/** Judges all matches of one rule: one that does not hold is enough, whatever the others say. */
export function judge(matches: readonly NatMatch[], situation: Situation): Judgement {
  const conditions: string[] = []
  const unknowns: string[] = []
  let probability = 1
  for (const match of matches) {
    const word = judgeMatch(match, situation)
    if (word === false) return NEVER
    if (word === true) continue
    if ('condition' in word) conditions.push(word.condition)
    else if ('unknown' in word) unknowns.push(word.unknown)
    else probability *= word.probability
  }
  return { holds: true, probability, conditions, unknowns }
}

function judgeMatch(match: NatMatch, { packet, local, inside }: Situation): Word {
  switch (match.on) {
    case 'protocol':
      return match.protocols.includes(packet.protocol) !== match.negated
    case 'family':
      return (match.family === packet.family) !== match.negated
    case 'port':
      return match.ranges.some(([first, last]) => first <= packet.port && packet.port <= last) !== match.negated
    case 'destination':
      return match.networks.some((network) => isWithin(packet.address, network)) !== match.negated
    case 'local-destination':
      return (local.has(canonical(packet.address)) || isLoopback(packet.address)) !== match.negated
    case 'source':
      return judgeSource(match, packet, local)
    case 'local-source':
      return judgeLocalSource(packet, local) !== match.negated
    case 'interface':
      return judgeInterface(match, packet, inside)
    case 'chance':
      return match.probability >= 1 || (match.probability > 0 && { probability: match.probability })
    case 'sometimes':
      return { condition: match.text }
    case 'unknown':
      return { unknown: match.text }
  }
}

function judgeSource(
  { networks, negated }: Extract<NatMatch, { on: 'source' | 'destination' }>,
  packet: NatPacket,
  local: ReadonlySet<string>,
): Word {
  const source = packet.source ?? (packet.from === 'node' ? packet.address : undefined)
  if (source !== undefined) return networks.some((network) => isWithin(source, network)) !== negated
  if (networks.some(isEverything)) return !negated
  // Nobody outside has an address of the node.
  const possible = networks.filter(
    (network) => !isLoopback(network) && !local.has(canonical(network.replace(/\/(?:32|128)$/, ''))),
  )
  if (possible.length === 0) return negated
  return { condition: `${negated ? 'not from' : 'from'} ${possible.join(', ')}` }
}

function judgeLocalSource(packet: NatPacket, local: ReadonlySet<string>): boolean {
  if (packet.source === undefined) return packet.from === 'node'
  return local.has(canonical(packet.source)) || isLoopback(packet.source)
}

/** Where there is no interface, as on the node's own packets before they leave, its name is empty. */
function judgeInterface(
  { direction, names, negated }: Extract<NatMatch, { on: 'interface' }>,
  { from, address, interface: known }: NatPacket,
  inside: ReadonlySet<string>,
): Word {
  const name = direction === 'in' ? (from === 'node' ? '' : known) : from === 'node' && isLoopback(address) ? 'lo' : ''
  if (name !== undefined) return names.some((pattern) => isNamed(name, pattern)) !== negated
  const possible = names.filter((pattern) => !isInside(pattern, inside))
  if (possible.length === 0) return negated
  return { condition: `${negated ? 'not in by' : 'in by'} ${possible.join(', ')}` }
}

/** Tells whether an interface leads to containers: by its name, or as Docker's own rules say. */
export function isInside(name: string, inside: ReadonlySet<string>): boolean {
  return inside.has(name) || CONTAINER_INTERFACE.test(name)
}

function isNamed(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}
