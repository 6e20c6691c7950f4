import t from 'tap'
import type { RuleHit } from '../../src/model/finding.ts'
import { packs, SHIPPED_POLICY } from '../../src/policy/packs/index.ts'
import type { Match } from '../../src/policy/policy.ts'
import { container } from '../helpers/builders.ts'
import { exception, type GivenPodContainer, hit, judge, podContainer } from '../helpers/policy.ts'

/** What a node of each kind really runs; each must be accepted by the exception that is named. */
const EXPECTED: readonly (readonly [string, GivenPodContainer])[] = [
  ['kubeadm/kube-apiserver', staticPod('kube-apiserver', 'registry.k8s.io/kube-apiserver:v1.36.0')],
  [
    'kubeadm/kube-controller-manager',
    staticPod('kube-controller-manager', 'registry.k8s.io/kube-controller-manager:v1.36.0'),
  ],
  ['kubeadm/kube-scheduler', staticPod('kube-scheduler', 'registry.k8s.io/kube-scheduler:v1.36.0')],
  ['kubeadm/etcd', staticPod('etcd', 'registry.k8s.io/etcd:3.6.4-0')],
  ['kubeadm/kube-proxy', {}],
  [
    'flannel/kube-flannel',
    daemon('kube-flannel', 'kube-flannel-ds', 'kube-flannel', 'ghcr.io/flannel-io/flannel:v0.27.4'),
  ],
  [
    'flannel/kube-flannel',
    daemon('kube-system', 'kube-flannel-ds-amd64', 'kube-flannel', 'quay.io/coreos/flannel:v0.11.0-amd64'),
  ],
  [
    'flannel/install',
    daemon('kube-flannel', 'kube-flannel-ds', 'install-cni-plugin', 'docker.io/flannel/flannel-cni-plugin:v1.1.2'),
  ],
  ['calico/node', daemon('calico-system', 'calico-node', 'calico-node', 'quay.io/calico/node:v3.30.0')],
  ['calico/node', daemon('kube-system', 'calico-node', 'calico-node', 'calico/node:v3.5.3')],
  ['calico/install', daemon('kube-system', 'calico-node', 'install-cni', 'docker.io/calico/cni:v3.29.1')],
  ['calico/typha', daemon('calico-system', 'calico-typha', 'calico-typha', 'quay.io/calico/typha:v3.30.0')],
  [
    'calico/operator',
    daemon('tigera-operator', 'tigera-operator', 'tigera-operator', 'quay.io/tigera/operator:v1.38.6'),
  ],
  [
    'cilium/agent',
    daemon('kube-system', 'cilium', 'cilium-agent', `quay.io/cilium/cilium:v1.18.0@sha256:${'0'.repeat(64)}`),
  ],
  ['cilium/install', daemon('kube-system', 'cilium', 'mount-cgroup', 'quay.io/cilium/cilium:v1.18.0')],
  ['cilium/envoy', daemon('kube-system', 'cilium-envoy', 'cilium-envoy', 'quay.io/cilium/cilium-envoy:v1.34.4')],
  [
    'cilium/operator',
    daemon('kube-system', 'cilium-operator', 'cilium-operator', 'quay.io/cilium/operator-generic:v1.18.0'),
  ],
  [
    'node-exporter/node-exporter',
    daemon('monitoring', 'node-exporter', 'node-exporter', 'quay.io/prometheus/node-exporter:v1.6.1'),
  ],
  [
    'node-exporter/kube-rbac-proxy',
    daemon('monitoring', 'node-exporter', 'kube-rbac-proxy', 'quay.io/brancz/kube-rbac-proxy:v0.14.2'),
  ],
]

/** What nobody declares for these components; no pack accepts it of anyone. */
const NEVER: readonly Partial<RuleHit>[] = [
  { rule: 'undeclared-sharing' },
  { rule: 'escaped-process' },
  { rule: 'shared-ipc-namespace', fact: 'ipc' },
  { rule: 'shared-mnt-namespace', fact: 'mnt' },
  { rule: 'held-host-namespace' },
  { rule: 'exposed-host-port', fact: 'tcp/0.0.0.0/4444' },
  { rule: 'undeclared-host-listener', fact: 'tcp/0.0.0.0/22' },
]

t.test('accepts what each component of a cluster needs of its host', async (t) => {
  for (const [id, given] of EXPECTED) {
    t.match(judge(SHIPPED_POLICY, podContainer(given)), { exception: id }, `${id}: ${given.image ?? ''}`)
  }
})

t.test('accepts of no component what it does not need', async (t) => {
  for (const [id, given] of EXPECTED) {
    for (const never of NEVER) {
      t.equal(judge(SHIPPED_POLICY, podContainer(given), never), null, `${id}: ${never.rule} ${never.fact ?? ''}`)
    }
  }
})

t.test("accepts the host's pid namespace of none but node-exporter", async (t) => {
  for (const [id, given] of EXPECTED) {
    const accepted = judge(SHIPPED_POLICY, podContainer(given), { rule: 'shared-pid-namespace', fact: 'pid' })
    t.equal(accepted?.exception ?? null, id.startsWith('node-exporter/') ? id : null, id)
  }
})

t.test('accepts the known ports of a component, whichever rule tells of them', async (t) => {
  for (const rule of ['exposed-host-port', 'undeclared-host-listener']) {
    const health = { rule, fact: 'tcp/::/10256' }
    t.match(judge(SHIPPED_POLICY, podContainer(), health), { exception: 'kubeadm/kube-proxy-ports' })
    t.equal(judge(SHIPPED_POLICY, podContainer({ pod: { container: 'sidecar' } }), health), null)
  }
})

t.test('accepts a pod of which only the sandbox runs yet', async (t) => {
  for (const [id, given] of EXPECTED) {
    const sandbox = { ...given, role: 'sandbox', image: null, pod: { ...given.pod, container: 'POD' } } as const
    t.match(judge(SHIPPED_POLICY, podContainer(sandbox))?.exception, id.split('/')[0] ?? '', id)
  }
})

t.test('accepts nobody who lacks one of the marks of a component', async (t) => {
  for (const [id, given] of EXPECTED) {
    const impostors: readonly (readonly [string, GivenPodContainer])[] = [
      ['claimed by a label', { ...given, pod: { ...given.pod, proof: 'claim' } }],
      ['proven by its cgroup alone', { ...given, pod: { ...given.pod, proof: 'cgroup' } }],
      ['in another podNamespace', { ...given, pod: { ...given.pod, namespace: 'default' } }],
      ['with another container name', { ...given, pod: { ...given.pod, container: 'shell' } }],
      ['of another image', { ...given, image: 'docker.io/library/busybox:1' }],
      ['of an image of that name elsewhere', { ...given, image: `evil.example/${given.image ?? 'kube-proxy'}` }],
      ['of an image that is only a digest', { ...given, image: `sha256:${'0'.repeat(64)}` }],
      ['of another pod', { ...given, pod: { ...given.pod, name: 'shell', workload: 'shell' } }],
    ]
    for (const [how, impostor] of impostors) {
      t.equal(judge(SHIPPED_POLICY, podContainer(impostor)), null, `${id} ${how}`)
    }
  }
})

t.test('takes a control plane only from static pods, and kube-proxy only from the API', async (t) => {
  const apiserver = staticPod('kube-apiserver', 'registry.k8s.io/kube-apiserver:v1.36.0')

  t.equal(judge(SHIPPED_POLICY, podContainer({ ...apiserver, pod: { ...apiserver.pod, static: false } })), null)
  t.equal(judge(SHIPPED_POLICY, podContainer({ pod: { static: true } })), null)
})

t.test('knows a control plane by any name of its node', async (t) => {
  const apiserver = staticPod('kube-apiserver', 'registry.k8s.io/kube-apiserver:v1.36.0')
  const elsewhere = {
    ...apiserver.pod,
    name: 'kube-apiserver-ip-10-0-0-1.example',
    workload: 'kube-apiserver-ip-10-0-0-1.example',
  }

  t.match(judge(SHIPPED_POLICY, podContainer({ ...apiserver, pod: elsewhere })), {
    exception: 'kubeadm/kube-apiserver',
  })
})

t.test('accepts the container that the agent runs in, and no other that is called like it', async (t) => {
  const self = container({ name: 'nsentinel', image: 'nsentinel:0.1.0', self: true })
  const other = container({ name: 'nsentinel', image: 'nsentinel:0.1.0' })
  const pid = { rule: 'shared-pid-namespace', fact: 'pid' }
  const ipc = { rule: 'shared-ipc-namespace', fact: 'ipc' }

  t.match(judge(SHIPPED_POLICY, self), { exception: 'nsentinel/self' })
  t.match(judge(SHIPPED_POLICY, self, pid), { exception: 'nsentinel/self' })
  t.match(judge(SHIPPED_POLICY, self, ipc), { exception: 'nsentinel/self' })
  for (const never of NEVER.filter(({ fact }) => fact !== ipc.fact)) {
    t.equal(judge(SHIPPED_POLICY, self, never), null)
  }
  t.equal(judge(SHIPPED_POLICY, other), null)
  t.equal(judge(SHIPPED_POLICY, other, pid), null)
})

t.test('has a pack for each exception, named after it, with a reason and more than one mark', async (t) => {
  for (const pack of packs) {
    for (const { id, reason, match } of pack.exceptions) {
      t.ok(id.startsWith(`${pack.name}/`) && reason !== '', id)
      t.ok(match.self === true || isMoreThanNames(match), `${id} asks for more than names`)
      t.ok(
        match.rule?.every((rule) => !rule.includes('*')),
        `${id} names its rules`,
      )
    }
  }
  const ids = SHIPPED_POLICY.exceptions.map(({ id }) => id)
  t.strictSame([...new Set(ids)], ids)
})

t.test('is asked only after the exceptions of a policy file', async (t) => {
  const own = exception({ kind: ['net'] })

  t.match(judge({ exceptions: [own, ...SHIPPED_POLICY.exceptions] }, podContainer(), hit()), { exception: 'expected' })
})

function isMoreThanNames({ proof, podNamespace, image }: Match): boolean {
  return proof === 'cri' && podNamespace !== undefined && image !== undefined
}

/** Like the recorded static pod: its uid is the hash of its manifest, its name ends with the node's. */
function staticPod(name: string, image: string): GivenPodContainer {
  const uid = 'bf29122ebe9d5cb0951e7b33db2b3082'
  return {
    image,
    pod: { namespace: 'kube-system', name: `${name}-node-1`, uid, container: name, static: true, workload: name },
  }
}

function daemon(namespace: string, workload: string, name: string, image: string): GivenPodContainer {
  return { image, pod: { namespace, name: `${workload}-x7k2p`, container: name, workload } }
}
