import { execa } from 'execa'
import t, { type Test } from 'tap'
import { type Containerd, startContainerd, whyNoContainerd } from '../helpers/containerd.ts'
import type { PodOptions, RunningPod } from '../helpers/containerd-pods.ts'
import { until } from '../helpers/containerd-until.ts'
import { forward, NODE_IPV4, NODE_IPV6, type NodeSpace, startNodeSpace } from '../helpers/node-space.ts'
import { answer, type ExpectedPort, finding, ports, portsOf, rulesOf, startServer } from '../helpers/port-table.ts'
import { judgeNode } from '../helpers/scan-node.ts'

t.test('pods of a real containerd, with portmap', { skip: whyNoContainerd(), timeout: 180_000 }, async (t) => {
  const node = await startNodeSpace(t)
  await forward(node)
  const containerd = await startContainerd(t, node.enter)
  await startPods(containerd)
  // A plugin's rule reserves nothing: a process of the host may bind the port.
  await startServer(t, node, 8007)
  const gone = await map(containerd, 'gone', { hostPort: 8040, containerPort: 80 })
  const report = await judgeNode(node, containerd, 'cri')

  await t.test('names mechanism, owner, declaration, reach and answer of every port', async (t) => {
    // Two claims on one place stand in the order of their pods' addresses, which differ from run to run.
    t.strictSame(portsOf(report).map(String).toSorted(), TABLE.map(String).toSorted())
    const rules = ports(report).find(({ hostPort }) => hostPort === 8001)?.rules ?? []
    t.ok(rules.some((rule) => /^-A CNI-DN-\S+ .*--dport 8001 -j DNAT/.test(rule)))
  })
  await t.test('finds of an ordinary hostPort that it is exposed, and nothing else', async (t) => {
    for (const name of ['all', 'one', 'local', 'udp', 'first'])
      t.strictSame(rulesOf(report, `${name}-app`), ['exposed-host-port'], name)
  })
  await t.test('finds a hostPort that nothing answers, and listeners on the host that nobody declared', async (t) => {
    t.strictSame(rulesOf(report, 'deaf-app'), ['silent-host-port'])
    for (const name of ['v6-app', 'both-app'])
      t.strictSame(rulesOf(report, name), ['shared-net-namespace', 'undeclared-host-listener'], name)
  })
  await t.test('takes the port of a pod on the host for declared without having been asked for', async (t) => {
    t.match(ports(report).find(({ hostPort }) => hostPort === 8030)?.declaredBy, [{ by: 'cri', implicit: true }])
    t.strictSame(rulesOf(report, 'v4-app'), ['exposed-host-port', 'shared-net-namespace'])
  })
  await t.test(
    'names both pods that want one hostPort, and who takes the traffic of a process on the host',
    async (t) => {
      t.match(finding(report, 'host-port-conflict'), { fact: 'tcp/0.0.0.0/8005' })
      t.match(finding(report, 'shadowed-host-listener'), { fact: 'tcp/0.0.0.0/8007', severity: 'high' })
    },
  )
  await t.test('says what a connection reaches', async (t) => {
    const reached = { 8001: 'all', 8002: 'one', 8003: '', 8005: 'first', 8006: '', 8007: 'taker' }
    for (const [port, name] of Object.entries(reached))
      t.equal(await answer(node.outside, NODE_IPV4, Number(port)), name, port)
    t.equal(await answer(node.enter, '127.0.0.1', 8003), 'local')
  })
  await orphanOf(t, node, containerd, gone)
})

async function startPods(containerd: Containerd): Promise<void> {
  await map(containerd, 'all', { hostPort: 8001, containerPort: 80 })
  await map(containerd, 'one', { hostPort: 8002, containerPort: 80, hostIp: NODE_IPV4 })
  await map(containerd, 'local', { hostPort: 8003, containerPort: 80, hostIp: '127.0.0.1' })
  await map(containerd, 'udp', { hostPort: 8004, containerPort: 53, protocol: 'UDP' }, UDP_SERVER)
  await map(containerd, 'first', { hostPort: 8005, containerPort: 80 })
  await map(containerd, 'second', { hostPort: 8005, containerPort: 80 })
  await map(containerd, 'deaf', { hostPort: 8006, containerPort: 80 }, ['/bin/sleep', '2147483647'])
  await map(containerd, 'taker', { hostPort: 8007, containerPort: 80 })
  await listen(containerd, 'v4', '0.0.0.0:8030', [{ hostPort: 8030, containerPort: 8030 }])
  await listen(containerd, 'v6', `[${NODE_IPV6}]:8031`)
  await listen(containerd, 'both', '8032')
}

type PodPort = NonNullable<PodOptions['ports']>[number]

/** A pod with a hostPort, and a server in it that says the pod's name unless it is another one. */
async function map(
  { runPod }: Containerd,
  name: string,
  port: PodPort,
  command: readonly string[] = ['/bin/sh', '-c', `echo ${name} > /www/index.html && exec httpd -f -h /www -p 80`],
): Promise<RunningPod> {
  const machineAt = command === UDP_SERVER ? { machineAt: '/host' } : {}
  return await runPod({ name, ports: [port], container: { name: `${name}-app`, command, ...machineAt } })
}

/** A pod in the host's net namespace, with a server. */
async function listen({ runPod }: Containerd, name: string, at: string, ports: readonly PodPort[] = []): Promise<void> {
  const command = ['/bin/httpd', '-f', '-h', '/www', '-p', at]
  await runPod({ name, network: 'NODE', ports, container: { name: `${name}-app`, command } })
}

/** busybox has no server of UDP: the machine's own perl is one. */
const UDP_SERVER: readonly string[] = [
  '/bin/chroot',
  '/host',
  'perl',
  '-MSocket',
  '-e',
  'socket(S, AF_INET, SOCK_DGRAM, 17) and bind(S, sockaddr_in(53, INADDR_ANY)) and sleep 2147483647',
]

const MAPPED = 'cni-portmap-iptables'
const EVERYWHERE = 'yes/yes/conditional'
const NO_PAGE = 'HTTP 404 “404 Not Found”'

const TABLE: readonly ExpectedPort[] = [
  ['tcp 0.0.0.0:8001', MAPPED, 'all-app', 'cri', EVERYWHERE, 'HTTP 200'],
  [`tcp ${NODE_IPV4}:8002`, MAPPED, 'one-app', `cri ${NODE_IPV4}`, 'yes/yes/no', 'HTTP 200'],
  ['tcp 127.0.0.1:8003', MAPPED, 'local-app', 'cri 127.0.0.1', 'no/no/conditional', 'HTTP 200'],
  ['udp 0.0.0.0:8004', MAPPED, 'udp-app', 'cri', EVERYWHERE, 'silent (open or filtered)'],
  // The first rule answers: the probe of this place reaches the other pod, too.
  ['tcp 0.0.0.0:8005', MAPPED, 'second-app', 'cri', 'no/no/no', 'HTTP 200'],
  ['tcp 0.0.0.0:8005', MAPPED, 'first-app', 'cri', EVERYWHERE, 'HTTP 200'],
  ['tcp 0.0.0.0:8006', MAPPED, 'deaf-app', 'cri', EVERYWHERE, 'refused'],
  ['tcp 0.0.0.0:8007', MAPPED, 'taker-app', 'cri', EVERYWHERE, 'HTTP 200'],
  ['tcp 0.0.0.0:8030', 'host-listener', 'v4-app', 'cri', 'yes/yes/yes', NO_PAGE],
  [`tcp ${NODE_IPV6}:8031`, 'host-listener', 'v6-app', '', 'yes/yes/no', NO_PAGE],
  ['tcp :::8032', 'host-listener', 'both-app', '', 'yes/yes/yes', NO_PAGE],
  ['tcp 0.0.0.0:8040', MAPPED, 'gone-app', 'cri', EVERYWHERE, 'HTTP 200'],
]

/** Whoever kills a pod's processes leaves its rules behind until the kubelet removes the pod. */
async function orphanOf(t: Test, node: NodeSpace, containerd: Containerd, pod: RunningPod): Promise<void> {
  const ctr = async (...args: readonly string[]) => {
    const { stdout } = await execa('ctr', ['--address', containerd.socketPath, '--namespace', 'k8s.io', ...args])
    return stdout
  }
  for (const id of [pod.containerId, pod.sandboxId]) {
    await ctr('tasks', 'kill', '--signal', 'SIGKILL', id)
    await until(async () => !(await ctr('tasks', 'list')).includes(id))
  }
  const report = await judgeNode(node, containerd, 'cri')

  await t.test('calls the mapping of a pod that was killed an orphan', async (t) => {
    const [row] = report.ports.filter(({ hostPort }) => hostPort === 8040)
    t.match(row, { mechanism: MAPPED, orphan: true, probe: [{ outcome: 'refused' }, { outcome: 'refused' }] })
    t.match(finding(report, 'orphan-port-mapping'), { fact: 'tcp/0.0.0.0/8040' })
  })
}
