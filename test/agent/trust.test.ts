import t from 'tap'
import { believe } from '../../src/agent/trust.ts'
import type { Task } from '../../src/model/task.ts'
import type { Rights } from '../../src/sources/source.ts'
import { privileges } from '../helpers/builders.ts'
import { closed, type GivenTask, idOf, row, running } from '../helpers/tasks.ts'

const A = idOf('aaaa')
const USER_NS = { user: 4026532700 }
const runtime = { name: 'podman', socket: '/run/user/1000/podman/podman.sock', user: '1000' } as const
const claim = row({ id: A, initPid: 50, runtime, source: 'podman' })

const rightsOf = (uid: number, rootMapsTo: number | null) => (): Rights => ({
  privileges: privileges({ uid }),
  rootMapsTo,
})

/** Tells whether the claim is believed of these tasks, beside the host's init. */
function isBelieved(tasks: readonly GivenTask[], rights: (task: Task) => Rights, rows = [claim]): boolean {
  const processes = [running({ pid: 1 }), ...tasks.map((given) => running(given))]
  return believe(rows, processes, rights).rows.includes(claim)
}

t.test('believes a user’s runtime of a container whose root is that user outside', async (t) => {
  t.ok(isBelieved([{ pid: 50, id: A, namespaces: USER_NS }], rightsOf(1000, 1000)))
  t.ok(isBelieved([{ pid: 50, id: A, namespaces: USER_NS }], rightsOf(100_032, 1000)))
})

t.test('believes it of one that keeps the user’s own uid, with another for its root', async (t) => {
  t.ok(isBelieved([{ pid: 50, id: A, namespaces: USER_NS }], rightsOf(1000, 100_000)))
})

t.test('believes it where user namespaces are closed to us and its root is that user', async (t) => {
  const processes = [closed({ pid: 50, id: A })]

  t.equal(believe([claim], processes, rightsOf(1000, 1000)).rows.length, 1)
  t.equal(believe([claim], processes, rightsOf(1000, 0)).rows.length, 0)
})

t.test('refuses it of', async (t) => {
  const cases: Record<string, [readonly GivenTask[], (task: Task) => Rights]> = {
    'a container of root’s': [[{ pid: 50, id: A }], rightsOf(0, 0)],
    'a container of root’s that runs as the user': [[{ pid: 50, id: A }], rightsOf(1000, 0)],
    'a container of another user’s': [[{ pid: 50, id: A, namespaces: USER_NS }], rightsOf(1001, 1001)],
    'a process of the host’s': [[{ pid: 50 }], rightsOf(0, 0)],
    'a process of the user’s own that is in no user namespace of its own': [[{ pid: 50 }], rightsOf(1000, 0)],
    'a container whose init it names elsewhere': [[{ pid: 51, id: A }], rightsOf(0, 0)],
    'a container in whose cgroup’s namesake the user put a process': [
      [
        { pid: 50, id: A, namespaces: USER_NS },
        { pid: 90, id: A, namespaces: { user: 4026532800 } },
      ],
      ({ pid }) => rightsOf(pid === 50 ? 1000 : 1001, pid === 50 ? 1000 : 1001)(),
    ],
    'one whose rights cannot be read': [
      [{ pid: 50, id: A, namespaces: USER_NS }],
      () => ({ privileges: null, rootMapsTo: null }),
    ],
  }
  for (const [what, [tasks, rights]] of Object.entries(cases)) t.notOk(isBelieved(tasks, rights), what)
})

t.test('lets root’s runtime speak alone of what it knows', async (t) => {
  const known = row({ id: A, initPid: 50 })
  const processes = [running({ pid: 50, id: A, namespaces: USER_NS })]

  t.strictSame(believe([claim, known], processes, rightsOf(1000, 1000)).rows, [known])
})

t.test('makes one gap of all that a socket claims, which clouds nothing', async (t) => {
  const claims = ['aaaa', 'bbbb', 'cccc'].map((start) => ({ ...claim, id: idOf(start) }))
  const processes = [running({ pid: 50 })]

  const { rows, gaps } = believe(claims, processes, rightsOf(0, 0))

  t.strictSame(rows, [])
  t.match(gaps, [{ source: 'podman', subject: `${runtime.socket} claims`, reason: 'denied', affects: [] }])
  t.equal(gaps.length, 1)
})

t.test('asks nothing of the kernel where only root’s runtimes speak', async (t) => {
  const rows = [row({ id: A })]
  const { rows: believed } = believe(rows, [running({ id: A })], () => {
    throw new Error('read')
  })

  t.equal(believed, rows)
})
