import t from 'tap'
import { judgeContainers } from '../../src/agent/containers.ts'
import { joinContainers, type Row } from '../../src/agent/join.ts'
import type { Process } from '../../src/model/task.ts'
import { SHIPPED_POLICY } from '../../src/policy/packs/index.ts'
import { describe } from '../../src/sources/docker/container.ts'
import { parseInspected } from '../../src/sources/docker/docker-schema.ts'
import { baseline, HOST_INODES } from '../helpers/builders.ts'
import { judge } from '../helpers/policy.ts'

const ID = 'c0ffee'.padEnd(64, '0')
const UID = 'e85d24dc-3206-40ab-a328-d85dd5d1be76'
const POD = { namespace: 'kube-system', name: 'kube-proxy-x7k2p', uid: UID, container: 'kube-proxy', static: false }

t.test('is one container to Docker and to cri-dockerd, of whom the latter proves pod and image', async (t) => {
  const docker: Row = { ...dockerRow(), source: 'docker' }
  const cri: Row = {
    ...docker,
    source: 'cri',
    image: 'registry.k8s.io/kube-proxy:v1.36.0',
    pod: { ...POD, proof: 'cri', workload: 'kube-proxy' },
  }

  const [container, ...others] = judgeContainers(joinContainers([init()], [docker, cri]), baseline(), () => ({
    privileges: null,
    rootMapsTo: 0,
  }))

  t.strictSame(others, [])
  t.match(docker, { image: /^sha256:/, pod: { proof: 'claim' } })
  t.match(container, { sources: ['docker', 'cri', 'cgroups'], image: cri.image, pod: { proof: 'cri' } })
  t.match(judge(SHIPPED_POLICY, container), { exception: 'kubeadm/kube-proxy' })
})

function dockerRow() {
  const labels = {
    'io.kubernetes.pod.namespace': POD.namespace,
    'io.kubernetes.pod.name': POD.name,
    'io.kubernetes.pod.uid': POD.uid,
    'io.kubernetes.container.name': POD.container,
  }
  const inspected = parseInspected(
    {
      Id: ID,
      Name: '/k8s_kube-proxy_kube-proxy-x7k2p_kube-system_0',
      State: { Pid: 4711 },
      Config: { Image: `sha256:${'0'.repeat(64)}`, Labels: labels },
      HostConfig: { NetworkMode: 'host' },
    },
    ID,
  )
  const context = { runtime: 'docker', socketPath: '/run/docker.sock', resolve: () => null } as const
  return {
    ...describe(inspected, { ...context, defaultUser: { declared: 'host', by: null }, remapsUsers: false }),
    state: 'running',
  } as const
}

function init(): Process {
  const cgroup = `0::/kubepods/pod${UID}/${ID}\n`
  const container = { id: ID, runtime: 'unknown', podUid: UID } as const
  const names = { pid: 4711, tid: 4711, startTime: 1, ppid: 1, comm: 'kube-proxy' }
  return {
    leader: { ...names, namespaces: HOST_INODES, cgroup, container },
    oddThreads: [],
    threads: 1,
    kernelThread: false,
  }
}
