import t from 'tap'
import { createCriSource } from '../../../src/sources/cri/cri.ts'
import type { RuntimeContainer } from '../../../src/sources/source.ts'
import { fakeCri } from '../../helpers/containerd-fake.ts'
import { recordedAnswers } from '../../helpers/containerd-recording.ts'

const signal = AbortSignal.timeout(60_000)
const SIMPLEWEB = 'registry.example/simpleweb:1'

t.test('reads the recorded answers of a Kubernetes 1.36 node', async (t) => {
  const cri = await fakeCri(t, recordedAnswers())
  const source = createCriSource({ socketPath: cri.socketPath, nodeName: 'node-1' })
  const { containers, gaps } = await source.list(signal)
  const named = (pod: string, container: string) =>
    containers.find((row) => row.pod?.name === pod && row.pod.container === container)

  t.strictSame(gaps, [])
  t.equal(containers.length, 13)

  t.test('declares what each kind of pod shares with the host', async (t) => {
    const shared = Object.fromEntries(
      containers.map((row) => [`${row.pod?.name}/${row.pod?.container}`, missionDeclarations(row)]),
    )

    const hostNetwork = { net: 'host', pid: 'private', ipc: 'pod', uts: 'host' }
    const isolated = { net: 'pod', pid: 'private', ipc: 'pod', uts: 'pod' }
    const hostPidAndIpc = { net: 'pod', pid: 'host', ipc: 'host', uts: 'pod' }
    const sharedPid = { net: 'pod', pid: 'pod', ipc: 'pod', uts: 'pod' }
    t.strictSame(shared, {
      'static-web-node-1/POD': hostNetwork,
      'static-web-node-1/static-web': hostNetwork,
      'simpleweb-hostnet/POD': hostNetwork,
      'simpleweb-hostnet/simpleweb': hostNetwork,
      'simpleweb-hostport/POD': isolated,
      'simpleweb-hostport/simpleweb': isolated,
      'plain/POD': isolated,
      'plain/simpleweb': isolated,
      'hostpid-hostipc/POD': hostPidAndIpc,
      'hostpid-hostipc/sleeper': hostPidAndIpc,
      'shared-pid/POD': sharedPid,
      'shared-pid/web': sharedPid,
      'shared-pid/sidecar': sharedPid,
    })
  })

  t.test(
    'declares on cgroup v1 the host for cgroup, user and time, and a mnt of its own for every container',
    async (t) => {
      for (const { declared } of containers) {
        t.match(declared, {
          mnt: { declared: 'private' },
          cgroup: { declared: 'host' },
          user: { declared: 'host' },
          time: { declared: 'host' },
        })
      }
    },
  )

  t.test('says which field declares it', async (t) => {
    t.match(named('simpleweb-hostnet', 'simpleweb')?.declared, {
      net: { by: 'cri sandbox namespaces.options.network=NODE' },
      uts: { by: 'cri sandbox namespaces.options.network=NODE, which uts follows' },
      pid: { by: 'cri container namespace_options.pid=CONTAINER' },
      ipc: { by: 'cri sandbox namespaces.options.ipc=POD' },
      user: { by: 'cri sandbox namespaces.options.usernsOptions.mode=NODE' },
      mnt: { by: 'cri runtimeSpec.linux.namespaces' },
    })
  })

  t.test('describes a container in full', async (t) => {
    const { declared: _, ...row } = named('hostpid-hostipc', 'sleeper') ?? {}

    t.strictSame(row, {
      id: '05742930f4f12b85d001f518c81d8c92000543ab832264a7d8fb9bd48a09f50c',
      name: 'sleeper',
      role: 'container',
      state: 'running',
      startedAt: 1795407453970,
      restarts: 0,
      runtime: { name: 'containerd', socket: cri.socketPath },
      shim: 'io.containerd.runc.v2',
      image: SIMPLEWEB,
      pod: {
        namespace: 'default',
        name: 'hostpid-hostipc',
        uid: '120efde1-2345-4c40-ba90-9284cdf064a8',
        container: 'sleeper',
        static: false,
        proof: 'cri',
      },
      initPid: 23562,
      sandboxId: '6149847ae74c64de63ad20513015b5ff7b39094cb45b30453b232ba691f84884',
      ports: [],
    })
  })

  t.test('knows a static pod, its workload and its sandbox', async (t) => {
    const uid = 'bf29122ebe9d5cb0951e7b33db2b3082'
    const pod = { name: 'static-web-node-1', namespace: 'kube-system', uid, static: true, workload: 'static-web' }

    t.match(named('static-web-node-1', 'static-web'), { role: 'container', initPid: 22723, pod })
    t.match(named('static-web-node-1', 'POD'), { role: 'sandbox', initPid: 22695, pod })
  })

  t.test("tells hostPorts, those that hostNetwork back-fills as nobody's wish, and no port without one", async (t) => {
    const tcp = { hostAddress: '', protocol: 'tcp' }

    t.strictSame(named('simpleweb-hostport', 'POD')?.ports, [
      { ...tcp, hostPort: 19002, containerPort: 8080, implicit: false },
    ])
    t.strictSame(named('simpleweb-hostnet', 'POD')?.ports, [
      { ...tcp, hostPort: 19001, containerPort: 19001, implicit: true },
    ])
    t.strictSame(named('plain', 'POD')?.ports, [])
    t.strictSame(
      containers.filter(({ role }) => role === 'container').flatMap(({ ports }) => ports),
      [],
    )
  })

  t.test('asks for no status twice', async (t) => {
    const before = cri.asked.length
    const again = await source.list(signal)

    t.strictSame(again.containers, containers)
    t.strictSame(cri.asked.slice(before).toSorted(), ['ListContainers', 'ListPodSandbox', 'Version'])
  })
})

function missionDeclarations({ declared: { net, pid, ipc, uts } }: RuntimeContainer) {
  return { net: net.declared, pid: pid.declared, ipc: ipc.declared, uts: uts.declared }
}
