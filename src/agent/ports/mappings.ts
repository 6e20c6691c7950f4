import { scopeOf } from '../../model/address-scope.ts'
import { affectsAny } from '../../model/gap.ts'
import type { NatMapping } from '../../model/nat.ts'
import type { Mechanism, PortTarget } from '../../model/port.ts'
import type { Claim, PortFacts } from './facts.ts'
import { claimOf, type Parties } from './parties.ts'
import type { Resolved, resolverOf } from './targets.ts'

/** What makes a mapping for one container of this node, so that its target must be here. */
const LOCAL: readonly Mechanism[] = [
  'docker-nat',
  'docker-proxy',
  'cni-portmap-iptables',
  'cni-portmap-nft',
  'podman-nat',
]

/** Swarm's mesh leads to a namespace of its own, which is no container. */
const INGRESS = /\bDOCKER-INGRESS\b/

/** Lists the claims that NAT rules make: one for each container that rules of one port lead to, one for all of a Service. */
export function mappingClaims(
  { nat, gaps }: PortFacts,
  parties: Parties,
  resolve: ReturnType<typeof resolverOf>,
): Claim[] {
  return (nat?.mappings ?? []).flatMap((mapping) => {
    const resolved = mapping.targets.map((target) => resolve(target, mapping.protocol, mapping.containerHint))
    const byClaim = Map.groupBy(resolved, ({ target }) => mappingClaim(mapping, target, parties))
    const claims = [...byClaim].map(([claim, own]) => rowOf(mapping, claim, own, byClaim.size > 1))
    return claims.map((claim): Claim => (isOrphan(claim, parties, gaps) ? { ...claim, orphan: true } : claim))
  })
}

function rowOf(mapping: NatMapping, claim: string, resolved: readonly Resolved[], isOneOfSeveral: boolean): Claim {
  const others = mapping.targets.filter(({ address }) => resolved.every(({ target }) => target.address !== address))
  const isOthers = (rule: string) => isOneOfSeveral && others.some(({ address }) => rule.includes(`${address}:`))
  return {
    ...placeOf(mapping),
    mechanism: mapping.mechanism,
    claim,
    conditions: mapping.conditions,
    targets: resolved.map(({ target }) => target),
    owners: resolved.flatMap(({ owners }) => owners),
    declaredBy: [],
    rules: mapping.rules.filter((rule) => !isOthers(rule)),
  }
}

function placeOf({ family, hostAddress, hostPort, hostPortEnd, protocol }: NatMapping) {
  return { family, hostAddress, hostPort, ...(hostPortEnd === undefined ? {} : { hostPortEnd }), protocol }
}

function mappingClaim({ service, protocol }: NatMapping, target: PortTarget, parties: Parties): string {
  return service === undefined ? claimOf(parties, target, protocol) : `service/${service}/${protocol}`
}

/** Tells whether what a mapping leads to is gone, and not only unknown: everything that could have the address was asked. */
export function isOrphan(
  { mechanism, targets, rules = [] }: Claim,
  parties: Parties,
  gaps: PortFacts['gaps'],
): boolean {
  if (!LOCAL.includes(mechanism) || targets.length === 0 || rules.some((rule) => INGRESS.test(rule))) return false
  if (!parties.knowsAllAddresses || gaps.some((gap) => affectsAny(gap, ['net']))) return false
  return targets.every(
    ({ address, containerId }) => containerId === undefined && !parties.isLocal(address) && scopeOf(address) === 'one',
  )
}
