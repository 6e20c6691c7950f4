import t from 'tap'
import type { Report } from '../../src/model/finding.ts'
import { type HandMade, makeContainerCgroup, whyNoCgroups } from '../helpers/cgroups.ts'
import { compileTasks, STAY, start, unshared, whyNoCompiler, whyNoNamespaces } from '../helpers/namespaces.ts'
import { scanMachine } from '../helpers/scan-machine.ts'

const skip = whyNoNamespaces() || whyNoCgroups()

function containerOf(report: Report, { id }: HandMade) {
  return report.containers.find((container) => container.id === id)
}

function findingsOf({ findings }: Report, { id }: HandMade) {
  return findings
    .filter(({ subject }) => subject.containerId === id)
    .map(({ rule, fact, severity }) => ({ rule, fact, severity }))
}

t.test('lists a container that only its cgroup knows, with the namespaces that it shares', { skip }, async (t) => {
  const cgroup = makeContainerCgroup(t)
  const { pid } = await unshared(t, '--net', '--pid')
  cgroup.add(pid)

  const report = await scanMachine()
  const found = containerOf(report, cgroup)

  t.match(found, {
    name: cgroup.id.slice(0, 12),
    role: 'unknown',
    state: 'unknown',
    runtime: { name: 'docker' },
    sources: ['cgroups'],
    image: null,
    initPid: pid,
    userNs: { rootMapsTo: 0 },
    privileges: { uid: 0 },
    processes: { count: 1, threads: 1 },
  })
  t.match(found?.sharing.net, { declared: 'unknown', declaredBy: null, observed: 'own', verdict: 'unknown' })
  t.match(found?.sharing.pid, { observed: 'own' })
  t.match(found?.sharing.ipc, { observed: 'host', verdict: 'unknown', sightings: 2 })
  t.equal(found?.sharing.ipc.inode, found?.sharing.ipc.hostInode)
  t.not(found?.sharing.net.inode, found?.sharing.net.hostInode)
  t.match(findingsOf(report, cgroup), [{ rule: 'shared-ipc-namespace', fact: 'ipc' }])
})

t.test('finds, in one scan, a process that went back to the host’s net namespace', { skip }, async (t) => {
  const cgroup = makeContainerCgroup(t)
  const init = await unshared(t, '--net', '--pid', '--ipc')
  const escaped = await start(t, 'nsenter', '--target', String(process.pid), '--net', 'sh', '-c', STAY)
  cgroup.add(init.pid)
  cgroup.add(escaped.pid)

  const report = await scanMachine()
  const sharing = containerOf(report, cgroup)?.sharing.net

  t.match(sharing, { observed: 'mixed', main: 'own', sightings: 2 })
  t.match(sharing?.others, [
    { relation: 'host', inode: sharing?.hostInode, tasks: [{ pid: escaped.pid, comm: 'sh' }], total: 1 },
  ])
  t.ok(findingsOf(report, cgroup).some(({ rule, fact }) => rule === 'escaped-process' && fact === 'net'))
  t.notOk(findingsOf(report, cgroup).some(({ rule }) => rule === 'shared-net-namespace'))
})

t.test('sees a thread alone that is elsewhere than its container', { skip: skip || whyNoCompiler() }, async (t) => {
  const cgroup = makeContainerCgroup(t)
  const tasks = await compileTasks(t.testdir({}))
  const { pid, line } = await start(t, tasks, 'odd')
  cgroup.add(pid)

  const sharing = containerOf(await scanMachine(), cgroup)?.sharing.net

  t.match(sharing, { observed: 'mixed', main: 'host' })
  t.match(sharing?.others, [{ relation: 'own', tasks: [{ pid, tid: Number(line), comm: 'unshared' }], total: 1 }])
})

t.test('counts processes in a cgroup below the container’s as its own', { skip }, async (t) => {
  const cgroup = makeContainerCgroup(t, undefined, 'init.scope')
  const { pid } = await unshared(t, '--net')
  cgroup.add(pid)

  t.match(containerOf(await scanMachine(), cgroup), { initPid: pid, processes: { count: 1 } })
})

t.test('scans on where a process is in a cgroup whose path is too long for the kernel', { skip }, async (t) => {
  const plain = makeContainerCgroup(t)
  const deep = makeContainerCgroup(t, undefined, ...Array(20).fill('d'.repeat(250)))
  const [seen, hidden] = await Promise.all([unshared(t, '--net'), unshared(t, '--net')])
  plain.add(seen.pid)
  deep.add(hidden.pid)

  const report = await scanMachine()

  t.ok(containerOf(report, plain))
  // Linux 6.18 cuts the path, earlier ones refuse to tell it.
  const refused = report.gaps.some(({ source, reason }) => source === 'procfs' && reason === 'too-large')
  t.not(containerOf(report, deep) !== undefined, refused, 'its container is found, or there is a gap')
})

t.test('forgets a container whose processes have ended', { skip }, async (t) => {
  const cgroup = makeContainerCgroup(t)
  const { pid, end } = await unshared(t, '--net')
  cgroup.add(pid)
  t.ok(containerOf(await scanMachine(), cgroup))

  await end()

  t.notOk(containerOf(await scanMachine(), cgroup))
})
