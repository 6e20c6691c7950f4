import { readFile } from 'node:fs/promises'
import t from 'tap'
import type { Pod } from '../../src/model/container.ts'
import { SHIPPED_POLICY } from '../../src/policy/packs/index.ts'
import { parseSandboxes } from '../../src/sources/cri/cri-schema.ts'
import { podOf } from '../../src/sources/cri/pod-identity.ts'
import { describe } from '../../src/sources/docker/container.ts'
import { parseInspected } from '../../src/sources/docker/docker-schema.ts'
import { container } from '../helpers/builders.ts'
import { exception, judge } from '../helpers/policy.ts'

const ID = 'c0ffee'.padEnd(64, '0')
const RECORDING = new URL('../fixtures/cri/cri-list-pod-sandbox.json', import.meta.url)
const POD_FIELDS = exception({ podNamespace: ['kube-system'], workload: ['*'] })

t.test(
  "accepts a recorded static pod by the word of root's CRI, and not by that of a user's own runtime",
  async (t) => {
    const image = 'registry.k8s.io/kube-apiserver:v1.36.0'
    const rootful = container({ image, pod: await recordedStaticPod('cri') })
    const rootless = container({ image, pod: await recordedStaticPod('claim') })

    t.match(judge(SHIPPED_POLICY, rootful), { exception: 'kubeadm/kube-apiserver' })
    t.ok(judge({ exceptions: [POD_FIELDS] }, rootful))
    t.equal(judge(SHIPPED_POLICY, rootless), null)
    t.equal(judge({ exceptions: [POD_FIELDS] }, rootless), null)
  },
)

t.test("accepts no Docker container that wears kube-proxy's labels, name and image", async (t) => {
  const labels = {
    'io.kubernetes.pod.namespace': 'kube-system',
    'io.kubernetes.pod.name': 'kube-proxy-x7k2p',
    'io.kubernetes.pod.uid': 'e85d24dc-3206-40ab-a328-d85dd5d1be76',
    'io.kubernetes.container.name': 'kube-proxy',
    'controller-revision-hash': '5d8c7b9f66',
    'annotation.kubernetes.io/config.source': 'file',
  }
  const described = inspectedContainer('registry.k8s.io/kube-proxy:v1.36.0', labels)

  t.match(described.pod, { namespace: 'kube-system', name: 'kube-proxy-x7k2p', proof: 'claim' })
  t.equal(judge(SHIPPED_POLICY, described), null)
  t.equal(judge({ exceptions: [POD_FIELDS] }, described), null)
})

/** The control plane's pod as containerd told of it, under the name of one that kubeadm makes. */
async function recordedStaticPod(proof: Pod['proof']): Promise<Pod> {
  const recording = (await readFile(RECORDING, 'utf8')).replaceAll('static-web', 'kube-apiserver')
  const answer = parseSandboxes(JSON.parse(recording))
  const item = answer.ok ? answer.value.items.find(({ metadata }) => metadata.namespace === 'kube-system') : undefined
  if (item === undefined) throw new Error('the recording has no pod in kube-system')
  return podOf(item, 'kube-apiserver', proof, 'node-1')
}

function inspectedContainer(image: string, labels: Readonly<Record<string, string>>) {
  const inspected = parseInspected(
    {
      Id: ID,
      Name: '/k8s_kube-proxy_kube-proxy-x7k2p_kube-system',
      State: { Pid: 4711, StartedAt: '2026-01-02T03:04:05Z' },
      Config: { Image: image, Labels: labels },
      HostConfig: { NetworkMode: 'host' },
    },
    ID,
  )
  const { pod, name } = describe(inspected, {
    runtime: 'docker',
    socketPath: '/run/docker.sock',
    defaultUser: { declared: 'host', by: null },
    remapsUsers: false,
    resolve: () => null,
  })
  return container({ name, image, ...(pod && { pod }) })
}
