import t, { type Test } from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import type { Container } from '../../src/model/container.ts'
import type { Finding, Report } from '../../src/model/finding.ts'
import { NAMESPACE_KINDS } from '../../src/model/namespace.ts'
import { createCriSource } from '../../src/sources/cri/cri.ts'
import { node } from '../helpers/builders.ts'
import { type Answers, fakeCri } from '../helpers/containerd-fake.ts'
import { recordedAnswers } from '../helpers/containerd-recording.ts'
import { type RecordedPod, recordedPods, recordedProcesses, uidOnNode } from '../helpers/recorded-node.ts'
import { scanned } from '../helpers/scanned.ts'

/** What the real node was seen to share with its host, by pod; nothing of the others. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  'simpleweb-hostnet': ['net', 'uts'],
  'static-web-node-1': ['net', 'uts'],
  'hostpid-hostipc': ['pid', 'ipc'],
}

/** On cgroup v1 these are the host's for every pod. */
const ALWAYS_SHARED = ['user', 'cgroup', 'time']

t.test('judges every container of the recorded node as it was seen there', async (t) => {
  const { containers, gaps } = await recordedReport(t, recordedAnswers())

  t.strictSame(gaps, [])
  t.equal(containers.length, 13)
  for (const container of containers) {
    const { pod, sharing, sources } = container
    const name = `${pod?.name}/${pod?.container}`
    const kindsOf = (relation: string) => NAMESPACE_KINDS.filter((kind) => sharing[kind].observed === relation)

    t.strictSame(sources, ['cri', 'cgroups'], `${name} is known to both`)
    t.strictSame(
      kindsOf('host').toSorted(),
      [...(SHARED[pod?.name ?? ''] ?? []), ...ALWAYS_SHARED].toSorted(),
      `${name} shares with the host`,
    )
    t.strictSame(
      NAMESPACE_KINDS.filter((kind) => sharing[kind].verdict !== 'as-declared'),
      [],
      `${name} is as declared`,
    )
  }
})

t.test(
  'finds in a pod with shareProcessNamespace one pid namespace, and in others one for each container',
  async (t) => {
    const { containers } = await recordedReport(t, recordedAnswers())
    const pidsOf = (name: string) =>
      containers.filter(({ pod }) => pod?.name === name).map(({ sharing }) => sharing.pid)

    t.strictSame(
      pidsOf('shared-pid')
        .map(({ observed }) => observed)
        .toSorted(),
      ['own', 'sandbox', 'sandbox'],
    )
    t.equal(new Set(pidsOf('shared-pid').map(({ inode }) => inode)).size, 1)
    t.strictSame(
      pidsOf('plain').map(({ observed }) => observed),
      ['own', 'own'],
    )
  },
)

t.test('joins every container with the pod of the API server, a static one by the hash of its file', async (t) => {
  const { containers } = await recordedReport(t, recordedAnswers())
  const byUid = new Map(recordedPods().map((pod) => [uidOnNode(pod), pod]))
  const joined = Map.groupBy(
    containers.filter(({ role }) => role === 'container'),
    ({ pod }) => byUid.get(pod?.uid ?? ''),
  )

  t.strictSame(new Set(joined.keys()), new Set(byUid.values()))
  for (const [pod, members] of joined) t.strictSame(idsOf(members), idsByApiServer(pod), pod?.metadata.name ?? 'no pod')
  t.match(containers.find(({ name }) => name === 'static-web')?.pod, { static: true, workload: 'static-web' })
})

t.test('finds in the recorded node what its pods asked for and nothing else', async (t) => {
  const { findings } = await recordedReport(t, recordedAnswers())

  t.strictSame(findings.map(briefly).toSorted(), [
    'default/hostpid-hostipc shared-ipc-namespace ipc open',
    'default/hostpid-hostipc shared-pid-namespace pid open',
    'default/simpleweb-hostnet shared-net-namespace net open',
    'kube-system/static-web-node-1 shared-net-namespace net open',
  ])
  const hostNetwork = findings.find(({ subject }) => subject.pod === 'default/simpleweb-hostnet')
  t.match(hostNetwork?.evidence, { uts: 'host', declared: 'host', observed: 'host' })
})

t.test('accepts the static pod once it is the one that kubeadm sets up, and not by half of that', async (t) => {
  const byName = renamed({ 'static-web': 'kube-scheduler' })
  const byImage = renamed({ 'registry.example/simpleweb:1': 'registry.k8s.io/kube-scheduler:v1.36.0' })
  const whole = renamed({
    'static-web': 'kube-scheduler',
    'registry.example/simpleweb:1': 'registry.k8s.io/kube-scheduler:v1.36.0',
  })

  t.strictSame((await staticFinding(t, byName))?.status, 'open', 'by its name')
  t.strictSame((await staticFinding(t, byImage))?.status, 'open', 'by its image')
  t.match(await staticFinding(t, whole), {
    status: 'accepted',
    acceptance: { exception: 'kubeadm/kube-scheduler', reason: /node/ },
  })
})

/** What is said of the recorded node, whose runtime answers this. */
async function recordedReport(t: Test, answers: Answers): Promise<Report> {
  const { socketPath } = await fakeCri(t, answers)
  const host = node({ name: 'node-1', cgroups: 'hybrid' })
  const runtimes = [createCriSource({ socketPath, nodeName: 'node-1' })]
  return reportOf(await scanned(recordedProcesses(), { runtimes, host }))
}

async function staticFinding(t: Test, answers: Answers): Promise<Finding | undefined> {
  const { findings } = await recordedReport(t, answers)
  return findings.find(({ subject }) => subject.pod?.startsWith('kube-system/'))
}

/** The recorded answers with other names in them, as the kubelet would have given them. */
function renamed(names: Readonly<Record<string, string>>): Answers {
  const rename = (text: string) => {
    let result = text
    for (const [from, to] of Object.entries(names)) result = result.replaceAll(from, to)
    return result
  }
  return Object.fromEntries(
    Object.entries(recordedAnswers()).map(([method, answer]) => [
      method,
      (request) => JSON.parse(rename(JSON.stringify(answer(request)))),
    ]),
  )
}

function idsOf(containers: readonly Container[]): string[] {
  return containers.map(({ id }) => id).toSorted()
}

function idsByApiServer(pod: RecordedPod | undefined): string[] {
  const ids = pod?.status.containerStatuses.map(({ containerID }) => containerID.replace('containerd://', '')) ?? []
  return ids.toSorted()
}

function briefly({ subject, rule, fact, status }: Finding): string {
  return `${subject.pod} ${rule} ${fact} ${status}`
}
