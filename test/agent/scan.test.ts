import t from 'tap'
import type { Gap } from '../../src/model/gap.ts'
import type { Process } from '../../src/model/task.ts'
import { gap, HOST_INODES, TAKEN_AT } from '../helpers/builders.ts'
import { NO_RULES } from '../helpers/nat.ts'
import { INIT, runtime, scanned } from '../helpers/scanned.ts'
import { closed, type GivenRow, idOf, row, running } from '../helpers/tasks.ts'

const A = idOf('a')
const B = idOf('b')
const OWN = { net: 90, pid: 91, ipc: 92, mnt: 93, uts: 94, cgroup: 95 }

const inOwn = running({ pid: 10, id: A, namespaces: OWN })

t.test('makes one snapshot of what it read', async (t) => {
  const snapshot = await scanned([inOwn], { rows: [row({ id: A, initPid: 10 })] })

  t.match(snapshot, { version: 1, takenAt: TAKEN_AT, durationMs: 0, node: { name: 'node-1', reader: 'procfs' } })
  t.match(snapshot.containers, [{ id: A, sharing: { net: { verdict: 'as-declared' } } }])
  t.strictSame(snapshot.gaps, [])
})

t.test('reads the init of a container that started after the tasks were read', async (t) => {
  const rows = [row({ id: A, initPid: 10 })]

  t.match((await scanned([], { rows, late: [inOwn] })).containers, [{ id: A, initPid: 10 }])
  t.strictSame((await scanned([], { rows })).containers, [], 'but not of one that has ended again')
})

t.test('forgets a container that ended before the runtime was asked', async (t) => {
  t.strictSame((await scanned([inOwn], { again: [INIT] })).containers, [])
})

t.test('keeps a container whose oldest process ended before the runtime was asked', async (t) => {
  const younger = running({ pid: 11, id: A, namespaces: OWN })

  const { containers } = await scanned([inOwn, younger], { again: [INIT, younger] })

  t.match(containers, [{ id: A, initPid: 11, processes: { count: 1 } }])
})

t.test('keeps a container that only cgroups know and whose processes are closed', async (t) => {
  const snapshot = await scanned([closed({ pid: 10, id: A })], { again: [INIT] })

  t.match(snapshot.containers, [{ id: A, sharing: { net: { verdict: 'unknown' } } }])
  t.match(
    snapshot.gaps.find(({ subject }) => subject === `container ${A}`),
    { source: 'procfs', reason: 'denied', affects: [A] },
  )
})

t.test('says of closed host processes that they cloud no container', async (t) => {
  const { gaps } = await scanned([closed({ pid: 20 }), closed({ pid: 21 })])

  t.match(
    gaps.filter(({ source }) => source === 'procfs'),
    [{ subject: 'host processes', affects: [], detail: /pid 20 first/ }],
  )
})

t.test('makes a failing runtime a gap, and asks the others', async (t) => {
  const failing = runtime([], { list: async () => Promise.reject(new Error('no such thing')) })
  const gappy = runtime([], { name: 'cri', list: async () => ({ containers: [], gaps: [gap({ source: 'cri' })] }) })
  const working = runtime([row({ id: A, initPid: 10 })])

  const { containers, gaps } = await scanned([inOwn], { runtimes: [failing, gappy, working] })

  t.match(containers, [{ id: A, sources: ['docker', 'cgroups'] }])
  t.match(gaps.slice(0, 2), [
    { source: 'docker', reason: 'malformed', affects: '*', detail: 'no such thing' },
    { source: 'cri', affects: '*' },
  ])
})

t.test('fails where the signal fires while a runtime is asked', async (t) => {
  const stop = new AbortController()
  const runtimes = [
    runtime([], {
      list: async (signal) => {
        stop.abort()
        signal.throwIfAborted()
        return { containers: [], gaps: [] }
      },
    }),
  ]

  await t.rejects(scanned([], { runtimes, signal: stop.signal }), { name: 'AbortError' })
})

t.test(
  'adopts no process of the host’s for a hostile runtime, and shows its container as one it cannot place',
  async (t) => {
    const rows = [row({ id: A, initPid: 1 }), row({ id: B, initPid: 20 })]

    const { containers, gaps } = await scanned([running({ pid: 20 })], { rows })

    t.strictSame(containers, [])
    t.match(gaps.filter(({ reason }) => reason === 'unsupported').slice(0, 2), [
      { source: 'docker', subject: `container ${A}`, affects: [A], detail: /names no container/ },
      { source: 'docker', subject: `container ${B}`, affects: [B] },
    ])
  },
)

t.test('takes a runtime’s init in its own cgroup for the proof that pid 1 is a nested node’s', async (t) => {
  const nested = { self: { ...HOST_INODES, pid: 102 }, initialPidNamespace: false }
  const provenBy = async (process: Process, given: GivenRow) =>
    Object.keys((await scanned([process], { ...nested, rows: [row({ id: A, ...given })] })).baseline.node).length > 0

  t.equal(await provenBy(inOwn, { initPid: 10 }), true)
  t.equal(await provenBy(inOwn, { initPid: 11 }), false, 'not where the number is another’s')
  t.equal(await provenBy(running({ pid: 10, id: B, namespaces: OWN }), { initPid: 10 }), false, 'nor the cgroup')
  t.equal(
    await provenBy(running({ pid: 10, id: A, namespaces: { pid: 102 } }), { initPid: 10 }),
    false,
    'nor in our own pid namespace, where our own container’s processes have numbers of their own',
  )
  t.equal(await provenBy(closed({ pid: 10, id: A }), { initPid: 10 }), false, 'nor where nobody can tell')
})

t.test('drops interfaces that are not the node’s', async (t) => {
  const here = await scanned([])
  const elsewhere = await scanned([], { self: { ...HOST_INODES, net: 99 } })

  t.equal(here.node.interfaces.length, 1)
  t.strictSame(elsewhere.node.interfaces, [])
  t.match(
    elsewhere.gaps.find(({ subject }) => subject === 'interfaces'),
    { source: 'host', reason: 'unsupported', affects: [] },
  )
})

t.test('lists host ports as declared, and says that nobody could look what answers there', async (t) => {
  const published = {
    hostAddress: '127.0.0.1',
    hostPort: 9002,
    containerPort: 8080,
    protocol: 'tcp',
    implicit: false,
  } as const
  const any = { ...published, hostAddress: '', hostPort: 9003 }
  const ipv6 = { ...published, hostAddress: '::1', protocol: 'udp' } as const

  const rules = gap({ source: 'nat', reason: 'missing', affects: ['tcp', 'udp', 'sctp'] })

  const { ports, gaps } = await scanned([inOwn], {
    rows: [row({ id: A, initPid: 10, ports: [published, any, ipv6] })],
    nat: { read: async () => ({ ruleset: NO_RULES, gaps: [rules] }) },
  })

  t.match(ports, [
    {
      family: 'ipv4',
      hostAddress: '127.0.0.1',
      hostPort: 9002,
      mechanism: 'unknown',
      claim: `${A}/8080/tcp`,
      effective: { outside: 'unknown' },
    },
    { family: 'ipv6', protocol: 'udp' },
    { family: 'unknown', hostAddress: '', declaredBy: [{ by: 'docker', containerId: A, implicit: false }] },
  ])
  t.strictSame(gaps, [rules])
})

t.test('says of a runtime that none of its containers is here', async (t) => {
  const far = row({ id: B, initPid: 4242 })
  const isElsewhere = ({ subject }: Gap) => subject === 'containers'
  const none = await scanned([], { rows: [far] })
  const one = await scanned([running({ pid: 20, id: A })], { rows: [row({ id: A, initPid: 20 }), far] })

  t.match(none.gaps.find(isElsewhere), { source: 'docker', reason: 'missing', affects: [] })
  t.equal(one.gaps.find(isElsewhere), undefined)
})
