import { basename, dirname } from 'node:path'
import t from 'tap'
import { createDockerSource } from '../../src/sources/docker/docker.ts'
import { startDockerd } from '../helpers/docker.ts'
import { whyNoDockerd } from '../helpers/dockerd.ts'
import { scanMachine } from '../helpers/scan-machine.ts'

const IMAGE = 'registry.k8s.io/kube-proxy:v1.36.0'
const UID = 'e85d24dc-3206-40ab-a328-d85dd5d1be76'

const LABELS = {
  'io.kubernetes.pod.namespace': 'kube-system',
  'io.kubernetes.pod.name': 'kube-proxy-x7k2p',
  'io.kubernetes.pod.uid': UID,
  'io.kubernetes.container.name': 'kube-proxy',
  'controller-revision-hash': '5d8c7b9f66',
}

t.setTimeout(120_000)

t.test('accepts no container on a real dockerd that passes for kube-proxy', { skip: whyNoDockerd() }, async (t) => {
  const dockerd = await startDockerd(t)
  await dockerd.docker('tag', 'busybox', IMAGE)
  const labels = Object.entries(LABELS).flatMap(([key, value]) => ['--label', `${key}=${value}`])
  const labelled = await dockerd.run('--network', 'host', ...labels, IMAGE)
  // Whoever may use Docker's socket may also choose a cgroup that only the kubelet should make.
  const parent = `/${basename(dirname(dockerd.socketPath))}/kubepods/besteffort/pod${UID}`
  const placed = await dockerd.run('--network', 'host', '--cgroup-parent', parent, ...labels, IMAGE)

  const report = await scanMachine({
    runtimes: [createDockerSource({ socketPath: dockerd.socketPath, timeoutMs: 20_000 })],
  })

  for (const [id, proof] of [
    [labelled, 'claim'],
    [placed, 'cgroup'],
  ]) {
    t.match(
      report.containers.find((container) => container.id === id),
      { image: IMAGE, pod: { namespace: 'kube-system', proof }, sharing: { net: { observed: 'host' } } },
    )
    t.match(
      report.findings.filter(({ subject }) => subject.containerId === id),
      [{ rule: 'shared-net-namespace', status: 'open' }],
    )
  }
})
