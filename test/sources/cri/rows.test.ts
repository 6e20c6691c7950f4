import { chown } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { createCriSource } from '../../../src/sources/cri/cri.ts'
import { type Answers, fakeCri, refusal } from '../../helpers/containerd-fake.ts'
import { container, podAnswers, sandbox } from '../../helpers/containerd-samples.ts'

const signal = AbortSignal.timeout(120_000)
const isRoot = process.getuid?.() === 0

t.test('lists what lives', async (t) => {
  t.test('and no container that has not started or has ended', async (t) => {
    const rows = [
      container({ id: 'a', state: 'CONTAINER_CREATED' }),
      container({ id: 'b', state: 'CONTAINER_EXITED' }),
      container({ id: 'c', state: 'CONTAINER_RUNNING' }),
      container({ id: 'd', state: 'CONTAINER_UNKNOWN' }),
    ]
    const { containers } = await list(t, podAnswers([sandbox()], rows))

    t.strictSame(
      containers.filter(({ role }) => role === 'container').map(({ id, state }) => [id, state]),
      [
        ['c', 'running'],
        ['d', 'unknown'],
      ],
    )
  })

  t.test('and a sandbox that is not ready only where a live container is in it', async (t) => {
    const sandboxes = [
      sandbox({ id: 'old', state: 'SANDBOX_NOTREADY' }),
      sandbox({ id: 'held', state: 'SANDBOX_NOTREADY' }),
      sandbox({ id: 'ready' }),
    ]
    const { containers } = await list(t, podAnswers(sandboxes, [container({ podSandboxId: 'held' })]))

    t.strictSame(
      containers.filter(({ role }) => role === 'sandbox').map(({ id, state }) => [id, state]),
      [
        ['held', 'unknown'],
        ['ready', 'running'],
      ],
    )
  })

  t.test('and leaves out, without a gap, a container that ended since it was listed', async (t) => {
    const answers = podAnswers([sandbox()], [container()])
    const { containers, gaps } = await list(t, { ...answers, ContainerStatus: () => refusal('NOT_FOUND') })

    t.strictSame(gaps, [])
    t.match(containers, [{ role: 'sandbox' }])
    t.equal(containers.length, 1)
  })

  t.test('and says whom it clouds when a sandbox is gone whose container is not', async (t) => {
    const answers = podAnswers([sandbox()], [container({ id: 'left' })])
    const { containers, gaps } = await list(t, { ...answers, PodSandboxStatus: () => refusal('NOT_FOUND') })

    t.match(containers, [{ id: 'left', declared: { net: { declared: 'unknown' } } }])
    t.match(gaps, [{ reason: 'gone', affects: ['left'] }])
  })
})

t.test("proves a pod only by a socket of root's", { skip: !isRoot && 'giving a socket away needs root' }, async (t) => {
  const cri = await fakeCri(t, podAnswers([sandbox()], [container()]))
  const source = createCriSource({ socketPath: cri.socketPath })
  const byRoot = await source.list(signal)
  await chown(cri.socketPath, 4711, 4711)
  const bySomebody = await source.list(signal)

  for (const { pod, runtime } of byRoot.containers) {
    t.equal(pod?.proof, 'cri')
    t.equal(runtime.user, undefined)
  }
  for (const { pod, runtime } of bySomebody.containers) {
    t.equal(pod?.proof, 'claim')
    t.equal(runtime.user, '4711')
  }
})

t.test('names runtime, handler and shim as the runtime does', async (t) => {
  const info = { runtimeType: 'io.containerd.kata.v2' }
  const answers = podAnswers([sandbox({ runtimeHandler: 'kata', info })], [container()])
  const runtimeOf = async (runtimeName: string) =>
    (await list(t, { ...answers, Version: () => ({ runtimeName }) })).containers.map(({ runtime }) => runtime.name)

  for (const row of (await list(t, answers)).containers) {
    t.match(row, { runtime: { name: 'containerd', handler: 'kata' }, shim: 'io.containerd.kata.v2' })
  }
  t.strictSame(await runtimeOf('cri-o'), ['cri-o', 'cri-o'])
  t.strictSame(await runtimeOf('docker'), ['docker', 'docker'])
  t.strictSame(await runtimeOf('constructor'), ['unknown', 'unknown'])
})

t.test('names the image as the runtime does, or as the pod did where the runtime has its digest only', async (t) => {
  const imageOf = async (image: string, userSpecifiedImage: string) => {
    const rows = [container({ status: { image: { image } }, image: { userSpecifiedImage } })]
    return (await list(t, podAnswers([sandbox()], rows))).containers.find(({ role }) => role === 'container')?.image
  }

  t.equal(await imageOf('docker.io/library/web:1', 'web:1'), 'docker.io/library/web:1')
  t.equal(await imageOf('sha256:0123', 'web:1'), 'web:1')
  t.equal(await imageOf('sha256:0123', ''), 'sha256:0123')
  t.equal(await imageOf('', ''), null)
})

t.test("reads hostPorts from the kubelet's annotation where the runtime tells no mappings", async (t) => {
  const ports = [
    { hostPort: 53, containerPort: 5353, protocol: 'UDP', hostIP: '127.0.0.1' },
    { hostPort: 9000, containerPort: 9000, protocol: 'TCP' },
    { containerPort: 80 },
  ]
  const rows = [container({ annotations: { 'io.kubernetes.container.ports': JSON.stringify(ports) } })]
  const mapping = { hostAddress: '', hostPort: 9000, containerPort: 9000, protocol: 'tcp' }
  const portsOf = async (sandboxes: readonly ReturnType<typeof sandbox>[]) =>
    (await list(t, podAnswers(sandboxes, rows))).containers.flatMap(({ role, ports: own }) =>
      own.map((port) => ({ role, ...port })),
    )

  const udp = { hostAddress: '127.0.0.1', hostPort: 53, containerPort: 5353, protocol: 'udp', implicit: false }
  t.strictSame(await portsOf([sandbox({ info: { config: undefined } })]), [
    { role: 'container', ...udp },
    { role: 'container', ...mapping, implicit: false },
  ])
  t.strictSame(
    await portsOf([
      sandbox({ info: { config: { port_mappings: [{ protocol: 2, host_port: 7, container_port: 8 }] } } }),
    ]),
    [{ role: 'sandbox', hostAddress: '', hostPort: 7, containerPort: 8, protocol: 'sctp', implicit: false }],
  )
})

async function list(t: Test, answers: Answers) {
  const { socketPath } = await fakeCri(t, answers)
  return await createCriSource({ socketPath }).list(signal)
}
