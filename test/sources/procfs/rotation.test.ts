import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Procfs } from '../../../src/sources/procfs/procfs.ts'
import { STAY, start, whyNoNamespaces } from '../../helpers/namespaces.ts'
import { idOf } from '../../helpers/tasks.ts'
import { until } from '../../helpers/until.ts'

/** A hierarchy of cgroups(7) that a v1 or hybrid machine lets root make groups in, or that of v2. */
const ROOT = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup'].find((path) =>
  existsSync(`${path}/cgroup.procs`),
)
const skip = process.getuid?.() !== 0 || ROOT === undefined ? 'only root may make a cgroup' : false

/** So many reports at the most go by before a cgroup is read again: procfs.ts names it. */
const ROTATION = 8

t.test('sees a process that enters a container’s cgroup from outside, within the rotation', { skip }, async (t) => {
  const id = idOf(`f00d${process.pid}`)
  const group = `${ROOT}/nsentinel-${id}`
  const container = `${group}/${id}`
  mkdirSync(container, { recursive: true })
  const { pid, end } = await start(t, 'sh', '-c', STAY)
  t.teardown(async () => {
    await end()
    rmdirSync(container)
    rmdirSync(group)
  })
  const procfs = new Procfs('/proc')
  const containerOf = () => procfs.read().processes.find(({ leader }) => leader.pid === pid)?.leader.container?.id
  t.equal(containerOf(), undefined)
  t.equal(containerOf(), undefined)

  writeFileSync(`${container}/cgroup.procs`, String(pid))
  const seen = Array.from({ length: ROTATION }, containerOf)

  t.ok(seen.includes(id))
  t.equal(seen.at(-1), id, 'and from then on it is read at every report')
})

t.test('learns what a process calls itself after execve(2), within the rotation', async (t) => {
  const gate = join(t.testdir({}), 'gate')
  const { pid } = await start(t, 'sh', '-c', `mkfifo ${gate}; echo ready; read line < ${gate}; exec sleep 60`)
  const procfs = new Procfs('/proc')
  const commOf = () => procfs.read().processes.find(({ leader }) => leader.pid === pid)?.leader.comm
  t.equal(commOf(), 'sh')

  writeFileSync(gate, '\n')
  await until(() => (readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n' ? true : undefined))

  t.equal(Array.from({ length: ROTATION }, commOf).at(-1), 'sleep')
})

/** A process of the host's that unshares these kinds when told to, and what a reader tells of it. */
async function unsharer(t: Test, ...kinds: readonly string[]) {
  const gate = join(t.testdir({}), 'gate')
  const script = `mkfifo ${gate}; echo ready; read line < ${gate}; exec unshare ${kinds.join(' ')} sleep 60`
  const { pid } = await start(t, 'sh', '-c', script)
  const procfs = new Procfs('/proc')
  const find = () => procfs.read().processes.find(({ leader }) => leader.pid === pid)?.leader
  return {
    procfs,
    find,
    go: async () => {
      writeFileSync(gate, '\n')
      await until(() => (readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n' ? true : undefined))
    },
  }
}

const skipUnshare = whyNoNamespaces()

t.test(
  'sees at once that a process of the host’s is in another net, ipc or mnt namespace',
  { skip: skipUnshare },
  async (t) => {
    for (const kind of ['net', 'ipc', 'mnt'] as const) {
      await t.test(kind, async (t) => {
        const { find, go } = await unsharer(t, kind === 'mnt' ? '--mount' : `--${kind}`, '--uts')
        const before = find()
        t.strictSame(find()?.namespaces, before?.namespaces)

        await go()

        const after = find()
        t.not(after?.namespaces[kind], before?.namespaces[kind])
        t.not(after?.namespaces.uts, before?.namespaces.uts, 'and then reads the others, too')
      })
    }
  },
)

t.test('sees within the rotation that one is in another uts namespace alone', { skip: skipUnshare }, async (t) => {
  const { find, go } = await unsharer(t, '--uts')
  const before = find()?.namespaces.uts

  await go()

  t.not(Array.from({ length: ROTATION }, find).at(-1)?.namespaces.uts, before)
})

t.test('reads one whole at the next report when a second look finds it elsewhere', { skip: skipUnshare }, async (t) => {
  const { procfs, find, go } = await unsharer(t, '--uts')
  const leader = find()
  if (leader === undefined) throw new Error('the process is not there')
  await go()

  t.not(procfs.reread(leader)?.namespaces.uts, leader.namespaces.uts)
  t.not(find()?.namespaces.uts, leader.namespaces.uts)
})
