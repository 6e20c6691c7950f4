import t from 'tap'
import { createDockerSource } from '../../src/sources/docker/docker.ts'
import { makeContainerCgroup, whyNoCgroups } from '../helpers/cgroups.ts'
import { fakeDocker } from '../helpers/fake-docker.ts'
import { answerPodman, hostConfig, type PodmanSample, podmanInspection } from '../helpers/fake-podman.ts'
import { STAY, start, unshared, whyNoNamespaces } from '../helpers/namespaces.ts'
import { scanMachine } from '../helpers/scan-machine.ts'

const skip = whyNoNamespaces() || whyNoCgroups()
const USER = 12_345
const LABELS = {
  'io.kubernetes.pod.namespace': 'kube-system',
  'io.kubernetes.pod.name': 'kube-proxy-x2k4p',
  'io.kubernetes.pod.uid': '6f1b1f6e-0000-4000-8000-000000000001',
  'io.kubernetes.container.name': 'kube-proxy',
}
const DISGUISE = {
  Name: 'kube-proxy',
  Config: { Image: 'registry.k8s.io/kube-proxy:v1.36.0', Labels: LABELS },
  HostConfig: hostConfig({ NetworkMode: 'host', PidMode: 'host', IpcMode: 'host' }),
}

/** A podman of a user who is not root, as the socket's folder would tell. */
async function usersPodman(t: Parameters<typeof fakeDocker>[0], containers: readonly PodmanSample[]) {
  const { socketPath } = await fakeDocker(t, answerPodman(containers))
  return createDockerSource({ socketPath, name: 'podman', user: USER })
}

t.test('a user’s runtime names, declares and excuses no container of root’s', { skip }, async (t) => {
  const cgroup = makeContainerCgroup(t)
  const { pid } = await unshared(t, '--ipc')
  cgroup.add(pid)
  const source = await usersPodman(t, [
    podmanInspection({ id: cgroup.id, State: { Status: 'running', Pid: pid }, ...DISGUISE }),
  ])

  const report = await scanMachine({ runtimes: [source] })
  const found = report.containers.find(({ id }) => id === cgroup.id)
  const findings = report.findings.filter(({ subject }) => subject.containerId === cgroup.id)

  t.match(found, { name: cgroup.id.slice(0, 12), runtime: { name: 'docker' }, sources: ['cgroups'], image: null })
  t.notOk(found?.pod)
  t.match(found?.sharing.net, { observed: 'host', declared: 'unknown', declaredBy: null })
  t.ok(findings.some(({ rule, status }) => rule === 'shared-net-namespace' && status === 'open'))
  t.notOk(findings.some(({ status }) => status === 'accepted'))
  t.match(
    report.gaps.filter(({ source: name }) => name === 'podman'),
    [{ reason: 'denied', affects: [] }],
  )
})

t.test('a user’s runtime makes no container of a process of the host’s', { skip }, async (t) => {
  const id = 'd'.repeat(64)
  const source = await usersPodman(t, [
    podmanInspection({ id, State: { Status: 'running', Pid: process.pid }, ...DISGUISE }),
  ])

  const report = await scanMachine({ runtimes: [source] })

  t.notOk(report.containers.some((container) => container.id === id || container.initPid === process.pid))
  t.match(
    report.gaps.filter(({ source: name }) => name === 'podman'),
    [{ reason: 'denied', affects: [] }],
  )
})

t.test('a user’s runtime tells of that user’s own container, and its pod stays a claim', { skip }, async (t) => {
  const cgroup = makeContainerCgroup(t)
  const user = ['--reuid', String(USER), '--regid', String(USER), '--clear-groups']
  const rootless = ['unshare', '--user', '--map-root-user', '--ipc', 'sh', '-c', STAY]
  const { pid } = await start(t, 'setpriv', ...user, ...rootless)
  cgroup.add(pid)
  const source = await usersPodman(t, [
    podmanInspection({ id: cgroup.id, State: { Status: 'running', Pid: pid }, ...DISGUISE }),
  ])

  const report = await scanMachine({ runtimes: [source] })
  const found = report.containers.find(({ id }) => id === cgroup.id)

  t.match(found, { name: 'kube-proxy', runtime: { name: 'podman', user: String(USER) }, pod: { proof: 'claim' } })
  t.match(found?.sharing.net, { observed: 'host', declared: 'host', verdict: 'as-declared' })
  t.notOk(
    report.findings.some(({ subject, status }) => subject.containerId === cgroup.id && status === 'accepted'),
    'no pack takes it for kube-proxy',
  )
  t.strictSame(
    report.gaps.filter(({ source: name }) => name === 'podman'),
    [],
  )
})
