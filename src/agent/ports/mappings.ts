import { scopeOf } from '../../model/address-scope.ts'
import { affectsAny } from '../../model/gap.ts'
import type { NatMapping } from '../../model/nat.ts'
import type { Mechanism } from '../../model/port.ts'
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

/** Lists the claims that NAT rules make. */
export function mappingClaims(
  { nat, gaps }: PortFacts,
  parties: Parties,
  resolve: ReturnType<typeof resolverOf>,
): Claim[] {
  return (nat?.mappings ?? []).map((mapping) => {
    const resolved = mapping.targets.map((target) => resolve(target, mapping.protocol, mapping.containerHint))
    const claim: Claim = {
      ...placeOf(mapping),
      mechanism: mapping.mechanism,
      claim: mappingClaim(mapping, resolved, parties),
      conditions: mapping.conditions,
      targets: resolved.map(({ target }) => target),
      owners: resolved.flatMap(({ owners }) => owners),
      declaredBy: [],
      rules: mapping.rules,
    }
    return isOrphan(claim, parties, gaps) ? { ...claim, orphan: true } : claim
  })
}

function placeOf({ family, hostAddress, hostPort, hostPortEnd, protocol }: NatMapping) {
  return { family, hostAddress, hostPort, ...(hostPortEnd === undefined ? {} : { hostPortEnd }), protocol }
}

function mappingClaim(mapping: NatMapping, resolved: readonly Resolved[], parties: Parties): string {
  const { service, protocol, hostPort } = mapping
  if (service !== undefined) return `service/${service}/${protocol}`
  const [first] = resolved
  return first === undefined ? `nowhere/${hostPort}/${protocol}` : claimOf(parties, first.target, protocol)
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
    ({ address, containerId }) =>
      containerId === undefined && !parties.isLocal(address) && scopeOf(address) !== 'loopback',
  )
}
