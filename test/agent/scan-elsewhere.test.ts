import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import { MISSION_KINDS } from '../../src/model/namespace.ts'
import { makeContainerCgroup, whyNoCgroups } from '../helpers/cgroups.ts'
import { isInstalled } from '../helpers/commands.ts'
import { compileTasks, start, unshared, whyNoCompiler, whyNoNamespaces } from '../helpers/namespaces.ts'
import { AS_NOBODY, scanElsewhere } from '../helpers/scan-child.ts'

const skip = whyNoNamespaces() || (!isInstalled('setpriv') && 'not installed: setpriv')

/** Mounts a procfs on a folder in a mount namespace of its own, then runs what follows. */
function withProcfs(folder: string, options: string, ...after: readonly string[]): string[] {
  return ['unshare', '--mount', 'sh', '-c', `mount -t proc -o ${options} proc ${folder} && exec "$@"`, 'sh', ...after]
}

t.test('proves without rights what constants, init’s net namespace and a majority prove', { skip }, async (t) => {
  const { node, baseline, gaps } = await scanElsewhere(AS_NOBODY)

  t.equal(node.uid, 65534)
  t.match(baseline.node, {
    net: { by: 'pid1' },
    pid: { by: 'constant' },
    ipc: { by: 'constant' },
    mnt: { by: 'majority' },
  })
  t.match(
    gaps.find(({ subject }) => subject === 'host processes'),
    { source: 'procfs', reason: 'denied', affects: [] },
  )
})

t.test(
  'claims nothing without rights about a container whose namespaces are closed',
  {
    skip: skip || whyNoCgroups(),
  },
  async (t) => {
    const cgroup = makeContainerCgroup(t)
    const { pid } = await unshared(t, '--net')
    cgroup.add(pid)

    const snapshot = await scanElsewhere(AS_NOBODY)
    const found = snapshot.containers.find(({ id }) => id === cgroup.id)

    t.equal(found?.initPid, pid)
    for (const kind of MISSION_KINDS)
      t.match(found?.sharing[kind], { observed: 'unknown', inode: null, verdict: 'unknown' })
    t.ok(snapshot.gaps.some(({ reason, affects }) => reason === 'denied' && affects.includes(cgroup.id)))
    t.notOk(reportOf(snapshot).findings.some(({ subject }) => subject.containerId === cgroup.id))
  },
)

t.test(
  'says that a thread with other rights than its process is closed to it',
  { skip: skip || whyNoCgroups() || whyNoCompiler() },
  async (t) => {
    const cgroup = makeContainerCgroup(t)
    const { pid } = await start(t, await compileTasks(t.testdir({})), 'split', '65534')
    cgroup.add(pid)

    const { containers, gaps } = await scanElsewhere(AS_NOBODY)

    t.match(
      containers.find(({ id }) => id === cgroup.id)?.sharing.net,
      { observed: 'host' },
      'the main thread is open to it',
    )
    t.match(
      gaps.filter(({ affects }) => affects.includes(cgroup.id)),
      [{ source: 'procfs', reason: 'denied', detail: /^threads / }],
    )
  },
)

t.test('does not call its own net namespace the host’s because all it may read is there', { skip }, async (t) => {
  const snapshot = await scanElsewhere(['unshare', '--net', ...AS_NOBODY])

  t.equal(snapshot.baseline.node.net, undefined)
  t.match(
    snapshot.gaps.find(({ source }) => source === 'baseline'),
    { reason: 'denied', affects: ['net'] },
  )
  t.strictSame(snapshot.node.interfaces, [], 'nor its interfaces the host’s')
})

t.test('works where it may not list its own /proc/self, as with file capabilities', { skip }, async (t) => {
  const { baseline } = await scanElsewhere([], { become: 65534 })

  t.match(baseline.node, { net: { by: 'pid1' }, pid: { by: 'constant' } })
})

for (const hidepid of [1, 2]) {
  t.test(`says that processes are hidden by hidepid=${hidepid}`, { skip }, async (t) => {
    const root = t.testdir({})

    const snapshot = await scanElsewhere(withProcfs(root, `hidepid=${hidepid}`, ...AS_NOBODY), { root })

    t.match(
      snapshot.gaps.find(({ subject }) => subject === 'processes'),
      { source: 'procfs', reason: 'denied', affects: '*' },
    )
    t.ok(reportOf(snapshot).findings.some(({ rule, fact }) => rule === 'blind-agent' && fact === 'source/procfs'))
  })
}

t.test('is not blinded by hidepid where it has the right to trace', { skip }, async (t) => {
  const root = t.testdir({})

  const { gaps } = await scanElsewhere(withProcfs(root, 'hidepid=2'), { root })

  t.notOk(gaps.some(({ subject, reason }) => subject === 'processes' && reason === 'denied'))
})

t.test('reads a procfs that is bound elsewhere, as into an agent’s container', { skip }, async (t) => {
  const root = join(t.testdir({}), 'proc')
  mkdirSync(root)
  const bound = ['unshare', '--mount', 'sh', '-c', `mount --rbind /proc ${root} && exec "$@"`, 'sh']

  const [elsewhere, here] = await Promise.all([scanElsewhere(bound, { root }), scanElsewhere([])])

  t.strictSame(elsewhere.baseline, here.baseline)
})

t.test('proves nothing in a pid namespace of its own: pid 1 may be our own container’s', { skip }, async (t) => {
  const snapshot = await scanElsewhere(['unshare', '--pid', '--fork', '--mount-proc'])

  t.strictSame(snapshot.baseline.node, {})
  t.equal(snapshot.baseline.nested, true)
  t.match(
    snapshot.gaps.find(({ source }) => source === 'baseline'),
    { affects: MISSION_KINDS, detail: /--nested-node/ },
  )
  t.match(
    reportOf(snapshot).findings.find(({ rule }) => rule === 'blind-agent'),
    { fact: 'baseline', severity: 'high' },
  )
})

t.test('takes the operator’s word that such a pid 1 is a node', { skip }, async (t) => {
  const { baseline, gaps } = await scanElsewhere(['unshare', '--pid', '--net', '--fork', '--mount-proc'], {
    nestedNode: true,
  })

  for (const kind of MISSION_KINDS) t.equal(baseline.node[kind]?.by, 'pid1')
  t.not(baseline.node.pid?.inode, baseline.kernel?.pid?.inode)
  t.equal(baseline.nested, true)
  t.notOk(gaps.some(({ source }) => source === 'baseline'))
})

t.test('refuses the procfs of a pid namespace that it is not in', { skip }, async (t) => {
  const root = t.testdir({})
  const foreign = `unshare --pid --fork mount -t proc proc ${root} && exec "$@"`

  await t.rejects(scanElsewhere(['unshare', '--mount', 'sh', '-c', foreign, 'sh'], { root }), {
    message: /ENOENT.*self/,
  })
})
