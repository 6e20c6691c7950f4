import type { NatChain, NatRule } from '../../model/nat.ts'
import type { Mechanism } from '../../model/port.ts'

/** A step of the way to a mapping: a rule, and the chain it stands in. */
export interface Step {
  readonly chain: NatChain
  readonly rule: NatRule
}

/** Who made a mapping, as the names and comments on the way to it tell. */
export interface Maker {
  readonly mechanism: Mechanism
  readonly containerHint?: string
  readonly service?: string
}

/** How each manager names its chains and tables; the first that fits speaks. */
const MANAGERS: readonly {
  readonly mechanism: Mechanism
  readonly fits: (chain: NatChain) => boolean
}[] = [
  { mechanism: 'cni-portmap-iptables', fits: ({ name }) => /^CNI-(?:HOSTPORT-DNAT|DN-)/.test(name) },
  {
    mechanism: 'cni-portmap-nft',
    fits: ({ table, name }) => table === 'cni_hostport' || /^(?:hostports|hostip_hostports|hostports_all)$/.test(name),
  },
  { mechanism: 'podman-nat', fits: ({ table, name }) => table === 'netavark' || name.startsWith('NETAVARK-') },
  { mechanism: 'docker-nat', fits: ({ table, name }) => table === 'docker-bridges' || name === 'DOCKER' },
  { mechanism: 'node-port', fits: ({ name }) => name === 'KUBE-NODEPORTS' },
]

/** Says who made the mapping at the end of a way; null for what is no host port, such as a Service's cluster address. */
export function makerOf(steps: readonly Step[]): Maker | null {
  const service = serviceMaker(steps)
  if (service !== undefined) return service
  const manager = MANAGERS.find(({ fits }) => steps.some(({ chain }) => fits(chain)))
  if (manager === undefined) return { mechanism: 'nat-rule' }
  const containerHint = hintOf(steps)
  return { mechanism: manager.mechanism, ...(containerHint !== undefined && { containerHint }) }
}

/** Tells whether a rule leads to a Service's cluster address, which no port of the host is. */
export function leadsToClusterAddress({ chain, rule }: Step): boolean {
  const { action, comment = '' } = rule
  if (action.do !== 'jump' && action.do !== 'goto') return false
  if (chain.table === 'kube-proxy') return chain.name === 'services' && action.chain.startsWith('service-')
  if (chain.name !== 'KUBE-SERVICES') return false
  return /^KUBE-SV[CL]-/.test(action.chain) && !/(?:external|loadbalancer) IP$/.test(comment)
}

/** Undefined where no Service is on the way. */
function serviceMaker(steps: readonly Step[]): Maker | null | undefined {
  if (steps.some(leadsToClusterAddress)) return null
  const inNft = steps.find(({ chain }) => chain.table === 'kube-proxy' && chain.name === 'services')
  if (inNft !== undefined) return nftService(inNft.rule)
  const port = steps.find(({ chain }) => chain.name === 'KUBE-NODEPORTS')
  const step = port ?? steps.find(({ chain, rule }) => chain.name === 'KUBE-SERVICES' && isChainOfService(rule))
  if (step === undefined) return undefined
  const service = step.rule.comment?.replace(/ (?:external|loadbalancer|cluster) IP$/, '')
  return { mechanism: port === undefined ? 'load-balancer' : 'node-port', ...(service !== undefined && { service }) }
}

function isChainOfService({ action }: NatRule): boolean {
  return (action.do === 'jump' || action.do === 'goto') && /^KUBE-(?:EXT|FW|XLB|SVC|SVL)-/.test(action.chain)
}

/** kube-proxy's map of node ports has its own name, and its chains are `external-HASH-namespace/name/protocol/port`. */
function nftService({ text, action }: NatRule): Maker {
  const isNodePort = text.includes('@service-nodeports')
  const name = action.do === 'jump' || action.do === 'goto' ? action.chain : ''
  const found = /^[a-z]+-[A-Z\d]+-(?<owner>[^/]+\/[^/]+)\/[a-z]+\/(?<port>[^/]*)$/.exec(name)?.groups
  const service = found && [found['owner'], found['port']].filter(Boolean).join(':')
  return { mechanism: isNodePort ? 'node-port' : 'load-balancer', ...(service !== undefined && { service }) }
}

/** Managers write the container's id into comments: `id: "…"`, or alone. */
function hintOf(steps: readonly Step[]): string | undefined {
  const comments = steps.flatMap(({ rule }) => rule.comment ?? [])
  const ids = comments.flatMap(
    (comment) => /(?:^|\bid: ?"?)(?<id>[\da-f]{12,64})(?:"|$|\s)/.exec(comment)?.groups?.['id'] ?? [],
  )
  return ids.at(-1)
}
