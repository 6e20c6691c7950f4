import type { NatPacket, NatRoute, NatRuleset } from '../../model/nat.ts'
import type { PortTarget } from '../../model/port.ts'
import { canonical, isLoopback } from './address.ts'
import type { Situation } from './judge.ts'
import { type ProgramChain, programOf } from './program.ts'
import { type Leaf, type Path, passing, START, type Walk, walkChain } from './walk.ts'

const MAX_RULES = 16
const MAX_CONDITIONS = 16

/**
 * Says what the kernel's NAT does with the first packet of a connection: base chains by priority, rules in their order,
 * the first decision counts. Other rules than those of NAT, such as firewalls, are not asked.
 *
 * @param localAddresses the node's own addresses, which stay as they are; loopback ones need not be among them
 */
export function followPacket(
  ruleset: NatRuleset,
  packet: NatPacket,
  localAddresses: readonly string[] | ReadonlySet<string>,
): NatRoute {
  const [datapath] = ruleset.datapaths
  if (datapath !== undefined) return unknown(`${datapath.name} forwards packets as well: ${datapath.evidence}`)
  // The kernel refuses it as it comes from the wire: a martian.
  if (packet.from === 'outside' && isLoopback(packet.address)) return { outcome: 'dropped' }
  const program = programOf(ruleset)
  const situation = { packet, local: canonicalSetOf(localAddresses), inside: program.inside }
  const leaves = walkHook({ program, situation, steps: 0 })
  return routeOf(leaves, ruleset, situation)
}

/** As the rulesets, the node's addresses are asked about thousands of times and do not change meanwhile. */
const canonicalSets = new WeakMap<object, ReadonlySet<string>>()

function canonicalSetOf(addresses: readonly string[] | ReadonlySet<string>): ReadonlySet<string> {
  const made = canonicalSets.get(addresses) ?? new Set([...addresses].map(canonical))
  canonicalSets.set(addresses, made)
  return made
}

/** Asks the base chains of a packet's hook, one group of equal priority after the other. */
function walkHook(walk: Walk): Leaf[] {
  const { from, family } = walk.situation.packet
  const hook = from === 'outside' ? 'prerouting' : 'output'
  const bases = walk.program.basesOf(hook).filter(({ chain }) => chain.family === family || chain.family === 'inet')
  const groups = [...Map.groupBy(bases, ({ chain }) => chain.base?.priority ?? 0)].toSorted(([a], [b]) => a - b)
  const leaves: Leaf[] = []
  let path: Path = START
  for (const [, group] of groups) {
    const ends = walkGroup(walk, group)
    const going = ends.filter(({ end }) => end === 'accept' || end === 'fall')
    if (going.length === ends.length) continue
    const before = path
    leaves.push(...ends.filter((leaf) => !going.includes(leaf)).map((leaf) => behind(leaf, before)))
    path = passing(path, { holds: true, probability: 1, conditions: [], unknowns: [] }, going)
    if (path.share === 0) return leaves
  }
  return [...leaves, { ...path, end: 'accept', targets: [] }]
}

/**
 * Follows a packet through base chains of one priority. Nothing tells which the kernel asks first, so two that decide
 * must agree.
 */
function walkGroup(walk: Walk, group: readonly ProgramChain[]): Leaf[] {
  const deciding = group.flatMap((base) => {
    const leaves = walkBase(walk, base)
    return leaves.some(isDecided) ? [{ base, leaves }] : []
  })
  const [first, other] = deciding
  if (first === undefined) return []
  if (other === undefined) return first.leaves
  const words = new Set(deciding.map(({ leaves }) => [...new Set(leaves.map(outcomeOf))].toSorted().join(' | ')))
  if (words.size === 1) return first.leaves
  const names = deciding.map(({ base: { chain } }) => `${chain.backend} ${chain.table} ${chain.name}`).join(' and ')
  return [{ ...START, end: 'unknown', targets: [], unknowns: [`${names} have one priority and disagree`] }]
}

function walkBase(walk: Walk, base: ProgramChain): Leaf[] {
  const leaves = walkChain(walk, base)
  if (base.chain.base?.policy !== 'drop') return leaves
  return leaves.map((leaf) => (leaf.end === 'fall' ? { ...leaf, end: 'dropped' } : leaf))
}

function isDecided({ end }: Leaf): boolean {
  return end !== 'accept' && end !== 'fall'
}

function behind(leaf: Leaf, { share, conditions, unknowns }: Path): Leaf {
  return {
    ...leaf,
    share: share * leaf.share,
    conditions: [...conditions, ...leaf.conditions],
    unknowns: [...unknowns, ...leaf.unknowns],
  }
}

function outcomeOf(leaf: Leaf): string {
  if (leaf.end === 'sent') return leaf.targets.map(({ address, port }) => `${address} ${port}`).join(', ')
  return isDecided(leaf) ? leaf.end : 'local'
}

/** Sums up where a packet may end; what hangs on a match that is not understood is not told. */
function routeOf(leaves: readonly Leaf[], ruleset: NatRuleset, situation: Situation): NatRoute {
  const reason = leaves.flatMap(({ unknowns }) => unknowns)[0]
  const isOne = new Set(leaves.map(outcomeOf)).size === 1
  if (reason !== undefined && (!isOne || leaves.some(({ end }) => end === 'unknown'))) return unknown(reason)
  const sent = leaves.filter(({ end }) => end === 'sent')
  if (sent.length === 0) return { outcome: leaves.every(({ end }) => end === 'dropped') ? 'dropped' : 'local' }
  const rest = leaves.find(({ end }) => end !== 'sent')
  const conditions = [...new Set(leaves.flatMap((leaf) => leaf.conditions))]
  const route = {
    outcome: 'sent' as const,
    targets: mergeTargets(sent, conditions.length === 0),
    rules: [...new Set(sent.flatMap(({ rules }) => rules))].slice(0, MAX_RULES),
    conditions: conditions.slice(0, MAX_CONDITIONS),
    ...(rest && { rest: rest.end === 'dropped' ? ('dropped' as const) : ('local' as const) }),
  }
  return leavesLoopback(situation.packet, route.targets) ? throughLoopback(route, ruleset) : route
}

/** Adds up each target's share; with conditions, shares say nothing. */
function mergeTargets(sent: readonly Leaf[], weighs: boolean): PortTarget[] {
  const weights = new Map<string, PortTarget & { readonly weight: number }>()
  for (const { share, targets } of sent) {
    for (const { address, port, weight = 1 } of targets) {
      const key = `${address} ${port}`
      weights.set(key, { address, port, weight: (weights.get(key)?.weight ?? 0) + weight * share })
    }
  }
  const merged = [...weights.values()]
  if (weighs && merged.some(({ weight }) => weight < 0.999)) {
    return merged.map((target) => ({ ...target, weight: Math.round(target.weight * 1000) / 1000 }))
  }
  return merged.map(({ address, port }) => ({ address, port }))
}

/** A packet is a martian where only one of its ends is loopback. */
function leavesLoopback({ from, address }: NatPacket, targets: readonly PortTarget[]): boolean {
  const isFromLoopback = from === 'node' && isLoopback(address)
  return (
    targets.some((target) => isLoopback(target.address) !== isFromLoopback) && (isFromLoopback || from === 'outside')
  )
}

/** Such a packet passes only where route_localnet lets it, and of IPv6 never. */
function throughLoopback(route: Extract<NatRoute, { outcome: 'sent' }>, { routeLocalnet }: NatRuleset): NatRoute {
  const lost: NatRoute = route.rest === 'local' ? unknown('some of its packets are martians') : { outcome: 'dropped' }
  if (route.targets.some(({ address }) => address.includes(':'))) return lost
  if (routeLocalnet === null) return unknown('route_localnet could not be read')
  if (routeLocalnet.length === 0) return lost
  if (routeLocalnet.includes('all')) return route
  const condition = `by ${routeLocalnet.slice(0, 8).join(', ')} (route_localnet)`
  return { ...route, conditions: [...route.conditions, condition], rest: route.rest ?? 'dropped' }
}

function unknown(reason: string): NatRoute {
  return { outcome: 'unknown', reason }
}
