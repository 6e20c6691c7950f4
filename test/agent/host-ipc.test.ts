import t from 'tap'
import { withHostIpc } from '../../src/agent/host-ipc.ts'
import { diff, stateOf } from '../../src/model/changes.ts'
import type { GapReason } from '../../src/model/gap.ts'
import type { HostIpc } from '../../src/model/host-ipc.ts'
import type { DetailSource, TaskId } from '../../src/sources/source.ts'
import { baseline, container } from '../helpers/builders.ts'
import { scanMachine } from '../helpers/scan-machine.ts'
import { fakeTasks, idOf, row, running } from '../helpers/tasks.ts'

const WEB = idOf('c0ffee')
const SHARED: HostIpc = {
  shm: { mounted: 'host', mountPoints: ['/dev/shm'], total: 1, writable: true },
  mqueue: { mounted: 'none', mountPoints: [], total: 0, writable: false },
}

const own = { net: 1, pid: 2, ipc: 3, mnt: 4, uts: 5, cgroup: 6 }
const init = running({ pid: 1, comm: 'init' })
const web = running({ pid: 4711, id: WEB, namespaces: own })

function context(answer: HostIpc | GapReason | null, given: Partial<Parameters<typeof withHostIpc>[1]> = {}) {
  const drafts = [{ id: WEB, rows: [row({ id: WEB })], cgroup: null, processes: [web], main: web }]
  return { drafts, processes: [init, web], baseline: baseline(), details: { readHostIpc: () => answer }, ...given }
}

t.test('adds what a container has mounted of the host’s', (t) => {
  t.match(withHostIpc([container({ id: WEB })], context(SHARED)), { containers: [{ hostIpc: SHARED }], gaps: [] })
  t.end()
})

t.test('asks for the container’s main task, against a process of the host’s', (t) => {
  const asked: (readonly [number, number])[] = []
  const details: Pick<DetailSource, 'readHostIpc'> = {
    readHostIpc: (task: TaskId, host: TaskId) => {
      asked.push([task.pid, host.pid])
      return null
    },
  }
  const elsewhere = running({ pid: 300, namespaces: { mnt: 77 } })

  withHostIpc([container({ id: WEB })], context(null, { details, processes: [elsewhere, init, web] }))

  t.strictSame(asked, [[4711, 1]])
  t.end()
})

t.test('names a container whose mounts cannot be read as a gap, and tells nothing of it', (t) => {
  const { containers, gaps } = withHostIpc([container({ id: WEB })], context('too-large'))

  t.notOk('hostIpc' in (containers[0] ?? {}))
  t.strictSame(gaps, [{ source: 'procfs', subject: `mounts of container ${WEB}`, reason: 'too-large', affects: [WEB] }])
  t.end()
})

t.test('tells nothing, and no gap, where a container has ended or is starting', (t) => {
  const { containers, gaps } = withHostIpc([container({ id: WEB })], context(null))

  t.notOk('hostIpc' in (containers[0] ?? {}))
  t.strictSame(gaps, [])
  t.end()
})

t.test('asks nobody where nothing proves the host, or no process of it is there', (t) => {
  const never = {
    readHostIpc: () => {
      t.fail('asked')
      return null
    },
  }
  const unproven = { ...baseline(), node: {} }

  withHostIpc([container({ id: WEB })], context(null, { details: never, baseline: unproven }))
  withHostIpc([container({ id: WEB })], context(null, { details: never, processes: [web] }))
  t.end()
})

t.test('says so in a scan, and a second look at the same node changes nothing', async (t) => {
  const deps = {
    tasks: fakeTasks([init, web], { details: { readHostIpc: () => SHARED } }),
    runtimes: [{ name: 'docker' as const, list: async () => ({ containers: [row({ id: WEB })], gaps: [] }) }],
    now: () => 1,
  }
  const [first, second] = [await scanMachine(deps), await scanMachine(deps)]

  t.match(
    first.findings.map(({ rule, fact }) => [rule, fact]),
    [['shared-host-shm', 'shm']],
  )
  t.strictSame(diff(stateOf(first), stateOf(second), 2), [])
})
