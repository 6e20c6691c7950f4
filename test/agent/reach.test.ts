import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import { diff, stateOf } from '../../src/model/changes.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import type { NetTask, ReachSource } from '../../src/sources/source.ts'
import { gap, HOST_INODES, node, TAKEN_AT } from '../helpers/builders.ts'
import { INIT, type ScannedOptions, scanned } from '../helpers/scanned.ts'
import { idOf, row, running } from '../helpers/tasks.ts'

const ID = idOf('c0ffee')
const OWN = { net: 4026532500, pid: 4026532501, ipc: 4026532502, mnt: 4026532503, uts: 4026532504 }
const PRIVATE = { pid: 4711, id: ID, namespaces: OWN }
const SHARES_NET = { ...PRIVATE, namespaces: { ...OWN, net: HOST_INODES.net } }
const SHARES_PID = { ...PRIVATE, namespaces: { ...OWN, pid: HOST_INODES.pid } }
const SHARES_IPC = { ...PRIVATE, namespaces: { ...OWN, ipc: HOST_INODES.ipc } }
const NONE = { items: [], total: 0 }
const DAY = 8_640_000

const rows = [row({ id: ID, declared: { net: 'host', pid: 'host', ipc: 'host' } })]

/** A host on which these processes run since its start. */
function lasting(...comms: readonly string[]) {
  return comms.map((comm, index) => running({ pid: 100 + index, comm, startTime: 100 + index }))
}

/** Notes by which task net was read, and how often ipc was. */
function noting(): { readonly reach: Partial<ReachSource>; readonly asked: (NetTask | 'ipc')[] } {
  const asked: (NetTask | 'ipc')[] = []
  return {
    asked,
    reach: {
      readNet: (task) => {
        asked.push(task)
        return { reach: { abstractSockets: NONE }, gaps: [] }
      },
      readIpc: () => {
        asked.push('ipc')
        const reach = { sharedMemory: NONE, semaphores: NONE, messageQueues: NONE, posixQueues: NONE }
        return { reach, gaps: [] }
      },
    },
  }
}

t.test('reads nothing while no container shares a kind', async (t) => {
  const { reach, asked } = noting()
  const snapshot = await scanned([running(PRIVATE), ...lasting('kubelet')], { rows, reach })

  t.strictSame(snapshot.reach, {})
  t.strictSame(asked, [])
})

t.test('reads each kind only where it is shared, once for all containers', async (t) => {
  const other = idOf('decade')
  for (const [shares, kinds, times] of [
    [SHARES_NET, ['net'], 1],
    [SHARES_PID, ['pid'], 0],
    [SHARES_IPC, ['ipc'], 1],
  ] as const) {
    const { reach, asked } = noting()
    const twice = [running(shares), running({ ...shares, pid: 4712, id: other })]
    const snapshot = await scanned(twice, { rows: [...rows, row({ id: other, initPid: 4712 })], reach })

    t.strictSame(Object.keys(snapshot.reach), kinds)
    t.equal(asked.length, times)
  }
})

t.test('reads it where only a task beside the main one is in the host’s', async (t) => {
  const { reach, asked } = noting()
  const strayed = running({ ...SHARES_NET, pid: 4800 })
  await scanned([running(PRIVATE), strayed], { rows: [row({ id: ID })], reach })

  t.equal(asked.length, 1)
})

t.test('reads the net namespace by itself where it is in it, else by the oldest process of the host’s', async (t) => {
  const { reach, asked } = noting()
  const self = { ...HOST_INODES, net: 4026539999 }
  await scanned([running(SHARES_NET)], { rows, reach })
  await scanned([running(SHARES_NET)], { rows, reach, self })

  t.strictSame(asked, [
    { pid: 1000, inode: HOST_INODES.net },
    { pid: INIT.leader.pid, inode: HOST_INODES.net },
  ])
})

t.test('shows the node’s interfaces, those of containers as one, without link-local addresses', async (t) => {
  const interfaces = [
    { name: 'lo', addresses: [{ family: 'ipv4' as const, address: '127.0.0.1' }] },
    {
      name: 'eth0',
      addresses: [
        { family: 'ipv4' as const, address: '192.0.2.10' },
        { family: 'ipv6' as const, address: 'fe80::1' },
      ],
    },
    { name: 'veth1a2b3c4', addresses: [{ family: 'ipv6' as const, address: 'fe80::2' }] },
    { name: 'vethdeadbee', addresses: [] },
    { name: 'bond0', addresses: [] },
  ]
  const { reach } = await scanned([running(SHARES_NET)], { rows, host: node({ interfaces }) })

  t.strictSame(reach.net?.interfaces, {
    items: [
      { name: 'lo', addresses: { items: ['127.0.0.1'], total: 1 } },
      { name: 'eth0', addresses: { items: ['192.0.2.10'], total: 1 } },
      { name: 'veth*', addresses: NONE },
      { name: 'bond0', addresses: NONE },
    ],
    total: 4,
  })
})

t.test('does not take its own interfaces for the node’s', async (t) => {
  const self = { ...HOST_INODES, net: 4026539999 }
  const { reach, gaps } = await scanned([running(SHARES_NET)], { rows, self })

  t.equal(reach.net?.interfaces, 'unknown')
  t.ok(gaps.some(({ subject }) => subject === 'interfaces'))
})

t.test('names host processes that last, the well-known first and even when young', async (t) => {
  const processes = [
    running(SHARES_PID),
    running({ ...SHARES_PID, pid: 4712, comm: 'inside' }),
    ...lasting('zabbix_agentd', 'kubelet', 'agetty', 'agetty'),
    running({ pid: 9001, comm: 'sshd', startTime: DAY - 100 }),
    running({ pid: 9002, comm: 'grep', startTime: DAY - 100 }),
    running({ pid: 9003, comm: 'kworker/0:1', startTime: 1 }, { kernelThread: true }),
  ]
  const { reach } = await scanned(processes, { rows, uptime: DAY })

  t.strictSame(reach.pid?.hostProcesses, {
    items: ['kubelet', 'sshd', 'agetty', 'init', 'zabbix_agentd'],
    total: 5,
  })
})

t.test('cuts the list, and lets no name push the well-known out', async (t) => {
  const many = Array.from({ length: 100 }, (_, index) => `!${index}`)
  const { reach } = await scanned([running(SHARES_PID), ...lasting(...many, 'dockerd')], { rows, uptime: DAY })
  const found = reach.pid?.hostProcesses

  t.match(found, { total: 102 })
  t.equal(found !== 'unknown' && found?.items.length, 32)
  t.equal(found !== 'unknown' && found?.items[0], 'dockerd')
})

t.test('does not list the processes it sees where others are hidden', async (t) => {
  const { reach } = await scanned([running(SHARES_PID)], { rows, gaps: [gap({ source: 'procfs', affects: '*' })] })

  t.equal(reach.pid?.hostProcesses, 'unknown')
})

t.test('says that ipc objects are the host’s only where the agent is in that namespace', async (t) => {
  const { reach: source, asked } = noting()
  const { reach, gaps } = await scanned([running(SHARES_IPC)], {
    rows,
    reach: source,
    self: { ...HOST_INODES, ipc: 4026539999 },
  })

  t.strictSame(asked, [])
  t.strictSame(reach.ipc, {
    sharedMemory: 'unknown',
    semaphores: 'unknown',
    messageQueues: 'unknown',
    posixQueues: 'unknown',
  })
  t.match(
    gaps.filter(({ subject }) => subject === 'ipc objects of the host'),
    [{ source: 'procfs', reason: 'unsupported', affects: [] }],
  )
})

t.test('makes no event on a node that stands still, whatever comes and goes on it', async (t) => {
  const at = (uptime: number, ...more: readonly ReturnType<typeof running>[]) =>
    stateOfScan([running(SHARES_PID), ...lasting('kubelet', 'agetty', 'agetty'), ...more], { rows, uptime })
  const before = await at(DAY, running({ pid: 9001, comm: 'cron', startTime: DAY - 10 }))
  const after = await at(DAY + 1_000, running({ pid: 9002, comm: 'ls', startTime: DAY + 10 }))

  t.ok(before.size > 2)
  t.strictSame(diff(before, after, TAKEN_AT), [])
})

async function stateOfScan(processes: Parameters<typeof scanned>[0], options: ScannedOptions) {
  const snapshot: Snapshot = await scanned(processes, options)
  return stateOf(reportOf(snapshot))
}
