import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Procfs } from '../../../src/sources/procfs/procfs.ts'
import { STAY, start } from '../../helpers/namespaces.ts'
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
