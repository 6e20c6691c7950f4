import { basename, dirname } from 'node:path'
import t from 'tap'
import { startDockerd } from '../helpers/docker.ts'
import { containerOf, findingsOf, scanner } from '../helpers/docker-scan.ts'
import { type Dockerd, whyNoDockerd } from '../helpers/dockerd.ts'

t.setTimeout(180_000)

interface GivenPod {
  readonly name: string
  readonly uid: string
  /** What cri-dockerd asks of Docker for the sandbox. */
  readonly sandbox: readonly string[]
  /** Likewise for the container, beside the sandbox's net and ipc. */
  readonly container?: (sandbox: string) => readonly string[]
}

const PLAIN: GivenPod = { name: 'plain', uid: 'e09454fb-9f57-45ae-bc0e-72e4eedf049d', sandbox: ['--network', 'none'] }
const HOST_NET: GivenPod = {
  name: 'host-net',
  uid: 'e85d24dc-3206-40ab-a328-d85dd5d1be76',
  sandbox: ['--network', 'host'],
}
const SHARED_PID: GivenPod = {
  name: 'shared-pid',
  uid: 'bc3667c7-149a-4822-8c1b-8c7da12437c7',
  sandbox: ['--network', 'none'],
  container: (sandbox) => ['--pid', `container:${sandbox}`],
}

/** Runs a pod as cri-dockerd does: two containers with its labels in a cgroup of the kubelet's naming. */
async function runPod(dockerd: Dockerd, { name, uid, sandbox, container = () => [] }: GivenPod) {
  const pod = { namespace: 'default', name, uid }
  const labels = (of: string, type: string) =>
    Object.entries({ ...pod, 'container.name': of, 'docker.type': type }).flatMap(([key, value]) => [
      '--label',
      `io.kubernetes.${key in pod ? `pod.${key}` : key}=${value}`,
    ])
  const common = ['--cgroup-parent', `/${basename(dirname(dockerd.socketPath))}/kubepods/besteffort/pod${uid}`]
  const sandboxId = await dockerd.run(
    ...[...common, ...labels('POD', 'podsandbox'), '--name', `k8s_POD_${name}_default_${uid}_0`],
    ...[...sandbox, '--ipc', 'shareable', 'busybox'],
  )
  const joined = ['--network', `container:${sandboxId}`, '--ipc', `container:${sandboxId}`, ...container(sandboxId)]
  const containerId = await dockerd.run(
    ...[...common, ...labels('app', 'container'), '--name', `k8s_app_${name}_default_${uid}_0`],
    ...[...joined, 'busybox'],
  )
  return { sandboxId, containerId }
}

t.test('reads pods of a real dockerd as cri-dockerd labels and joins them', { skip: whyNoDockerd() }, async (t) => {
  const dockerd = await startDockerd(t)
  const plain = await runPod(dockerd, PLAIN)
  const hostNet = await runPod(dockerd, HOST_NET)
  const sharedPid = await runPod(dockerd, SHARED_PID)

  const report = await scanner(dockerd)()
  const verdicts = (id: string) => {
    const { net, pid, ipc } = containerOf(report, id).sharing
    return [net, pid, ipc].map(({ observed, verdict }) => `${observed} ${verdict}`)
  }

  t.match(containerOf(report, plain.sandboxId), { role: 'sandbox', pod: { name: 'plain', container: 'POD' } })
  t.match(containerOf(report, plain.containerId), {
    role: 'container',
    pod: { namespace: 'default', name: 'plain', uid: PLAIN.uid, container: 'app', proof: 'cgroup' },
  })
  const ok = 'as-declared'
  t.strictSame(verdicts(plain.sandboxId), [`own ${ok}`, `own ${ok}`, `own ${ok}`])
  t.strictSame(verdicts(plain.containerId), [`sandbox ${ok}`, `own ${ok}`, `sandbox ${ok}`])
  t.strictSame(verdicts(hostNet.containerId), [`host ${ok}`, `own ${ok}`, `sandbox ${ok}`])
  t.strictSame(verdicts(sharedPid.containerId), [`sandbox ${ok}`, `sandbox ${ok}`, `sandbox ${ok}`])
  t.strictSame(findingsOf(report, hostNet.containerId), ['shared-net-namespace net'], 'once a pod')
  for (const id of [hostNet.sandboxId, ...Object.values(plain), ...Object.values(sharedPid)]) {
    t.strictSame(findingsOf(report, id), [])
  }
})
