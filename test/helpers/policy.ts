import type { Container, Pod } from '../../src/model/container.ts'
import type { Acceptance, RuleHit } from '../../src/model/finding.ts'
import { acceptanceOf } from '../../src/policy/match.ts'
import type { Exception, Match, Policy } from '../../src/policy/policy.ts'
import { container, type GivenContainer, TAKEN_AT } from './builders.ts'

/** The ids of all rules that there are or will be, as far as policies speak of them. */
export const RULES = [
  'shared-net-namespace',
  'shared-pid-namespace',
  'shared-ipc-namespace',
  'undeclared-sharing',
  'escaped-process',
  'exposed-host-port',
  'undeclared-host-listener',
  'blind-agent',
]

/** The text of a policy with one exception, which names all that one can. */
export const EDGE_PROXY = `
version: 1
packs: []
exceptions:
  - id: edge-proxy
    reason: It serves 80 and 443 on every node (NET-112).
    expires: 2027-01-31
    match:
      rule: [shared-net-namespace, exposed-*]
      podNamespace: edge
      workload: edge-proxy
      image: registry.example:5000/edge/proxy
      port: [80, 443]
      static: false
`

/** What `podContainer` takes beside a container's own fields. */
export interface GivenPodContainer extends Omit<GivenContainer, 'pod'> {
  readonly pod?: Partial<Pod>
}

/** A container as containerd tells of it on its root-owned socket: a DaemonSet's, until said otherwise. */
export function podContainer({ pod, ...given }: GivenPodContainer = {}): Container {
  return container({
    name: pod?.container ?? 'kube-proxy',
    runtime: { name: 'containerd', socket: '/run/containerd/containerd.sock' },
    sources: ['cri', 'cgroups'],
    image: 'registry.k8s.io/kube-proxy:v1.36.0',
    ...given,
    pod: {
      namespace: 'kube-system',
      name: 'kube-proxy-x7k2p',
      uid: 'e85d24dc-3206-40ab-a328-d85dd5d1be76',
      container: 'kube-proxy',
      static: false,
      proof: 'cri',
      workload: 'kube-proxy',
      ...pod,
    },
  })
}

/** A hit about a container, or about the node without one. */
export function hit(given: Partial<RuleHit> = {}, about?: Container): RuleHit {
  return {
    rule: 'shared-net-namespace',
    fact: 'net',
    severity: 'high',
    summary: 'a test',
    evidence: {},
    subject:
      about === undefined ? { type: 'node' } : { type: 'container', containerId: about.id, containerName: about.name },
    ...given,
  }
}

/** An exception that does not expire. */
export function exception(match: Match, given: Partial<Exception> = {}): Exception {
  return { id: 'expected', reason: 'a test expects it', expiresAt: null, match, ...given }
}

/** Asks a policy about one hit on node-1. */
export function judge(
  policy: Pick<Policy, 'exceptions'>,
  about: Container | undefined,
  given: Partial<RuleHit> = {},
): Acceptance | null {
  return acceptanceOf({ packs: [], ...policy }, { hit: hit(given, about), container: about, node: 'node-1' }, TAKEN_AT)
}
