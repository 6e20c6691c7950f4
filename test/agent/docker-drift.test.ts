import t from 'tap'
import { startDockerd } from '../helpers/docker.ts'
import { containerOf, findingsOf, scanner } from '../helpers/docker-scan.ts'
import { type Dockerd, whyNoDockerd } from '../helpers/dockerd.ts'
import { until } from '../helpers/until.ts'

t.setTimeout(180_000)

/** What lets a container enter a namespace of the host's. */
const NOSY = ['--pid', 'host', '--cap-add', 'SYS_ADMIN', '--cap-add', 'SYS_PTRACE'] as const

/** What the process that enters calls itself. */
const COMM = '$(reboot)<b>\n'

/** A container's words for entering the net namespace that this test is in, under that name. */
function enter(then: string): string {
  const rename = 'printf "\\044(reboot)<b>\\n" > /proc/$$/comm'
  return `nsenter -t ${process.pid} -n sh -c '${rename}; echo ready; ${then}'`
}

/** Runs a shell in a container, and waits until it says that it is ready. */
async function runReady(dockerd: Dockerd, script: string, ...args: readonly string[]): Promise<string> {
  const id = await dockerd.run(...args, 'busybox', 'sh', '-c', script)
  await until(async () => (await dockerd.docker('logs', id)).includes('ready') || undefined)
  return id
}

t.test('scans a real dockerd’s containers that have moved', { skip: whyNoDockerd() }, async (t) => {
  const dockerd = await startDockerd(t, { bridge: true })
  const scan = scanner(dockerd)

  t.test('and calls a container of the host’s net, in which a process went back to its own, mixed', async (t) => {
    const script = 'unshare -n sh -c "echo ready; sleep 1000" & wait'
    const id = await runReady(dockerd, script, '--network', 'host', '--cap-add', 'SYS_ADMIN')

    const report = await scan()
    const { net } = containerOf(report, id).sharing

    t.match(net, {
      declared: 'host',
      observed: 'mixed',
      main: 'host',
      verdict: 'as-declared',
      others: [{ relation: 'own' }],
    })
    t.equal(net.others.length, 1)
    t.strictSame(findingsOf(report, id), ['shared-net-namespace net'])
    await dockerd.remove(id)
  })

  t.test('and finds, in one scan, a process that entered the host’s net from inside', async (t) => {
    const id = await runReady(dockerd, `mkfifo /f; ${enter('read x < /f')} & wait`, ...NOSY)

    const report = await scan()
    const { net } = containerOf(report, id).sharing

    t.match(net, { declared: 'private', observed: 'mixed', main: 'own', verdict: 'undeclared-sharing', sightings: 2 })
    t.match(net.others, [{ relation: 'host', inode: net.hostInode, tasks: [{ comm: COMM }] }])
    t.strictSame(findingsOf(report, id), ['shared-pid-namespace pid', 'escaped-process net'])
    await dockerd.remove(id)
  })

  t.test('and finds a container whose main task itself has gone there', async (t) => {
    const id = await runReady(dockerd, `mkfifo /f; exec ${enter('read x < /f')}`, ...NOSY)

    const report = await scan()

    t.match(containerOf(report, id).sharing.net, { declared: 'private', observed: 'host', sightings: 2 })
    t.strictSame(findingsOf(report, id), ['shared-pid-namespace pid', 'undeclared-sharing net'])
    await dockerd.remove(id)
  })

  t.test('and lets labels neither prove a pod nor silence a finding', async (t) => {
    const labels = {
      'io.kubernetes.docker.type': 'podsandbox',
      'io.kubernetes.pod.namespace': 'kube-system',
      'io.kubernetes.pod.name': '<script>\u001b[31m',
      'io.kubernetes.pod.uid': '00000000-0000-4000-8000-000000000000',
      'io.kubernetes.container.name': 'kube-proxy',
    }
    const args = Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`])
    const ids = [
      await dockerd.run('--network', 'host', ...args, 'busybox'),
      await dockerd.run('--network', 'host', ...args, '--label', 'io.kubernetes.docker.type=container', 'busybox'),
    ]

    const report = await scan()

    for (const id of ids) {
      t.match(containerOf(report, id).pod, { name: labels['io.kubernetes.pod.name'], proof: 'claim' })
      t.strictSame(findingsOf(report, id), ['shared-net-namespace net'])
      t.equal(report.findings.find(({ subject }) => subject.containerId === id)?.subject.pod, undefined)
      await dockerd.remove(id)
    }
  })
})
