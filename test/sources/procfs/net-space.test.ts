import t, { type Test } from 'tap'
import type { NetSpace } from '../../../src/sources/listener-source.ts'
import { ProcfsListeners } from '../../../src/sources/procfs/listeners.ts'
import { createFileReader } from '../../../src/sources/procfs/read-file.ts'

const INODE = 4026532500
const PID = 100
const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const LISTENS = '   0: 0100007F:2808 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1\n'
const SCTP_HEAD = ' ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n'
const SCTP_ROW = 'ffff8880 ffff8881 2   10  29   3868  0     4243 0.0.0.0\n'

function sockstat(counts: Readonly<Record<string, number>> = {}): string {
  const { tcp = 0, udp = 0, lite = 0 } = counts
  return `sockets: used 1\nTCP: inuse ${tcp} orphan 0 tw 0 alloc 1 mem 0\nUDP: inuse ${udp} mem 0\nUDPLITE: inuse ${lite}\n`
}

/** What /proc/PID/net of a task in the net namespace holds, as a folder of files. */
function procWith(t: Test, net: Readonly<Record<string, string>>, inode = INODE): string {
  return t.testdir({ [PID]: { ns: { net: t.fixture('symlink', `net:[${inode}]`) }, net: nested(net) } })
}

function nested(files: Readonly<Record<string, string>>) {
  const { 'sctp/eps': eps, ...others } = files
  return eps === undefined ? others : { ...others, sctp: { eps } }
}

const HOST: NetSpace = { inode: INODE, tasks: [{ pid: PID, tid: PID }], isHost: true, containerIds: [] }
const CONTAINERS: NetSpace = { ...HOST, isHost: false, containerIds: ['a', 'b'] }

function look(root: string, space: NetSpace) {
  return new ProcfsListeners({ root, readFile: createFileReader() }).read([space], [], undefined)
}

t.test('reads no table of a protocol without sockets', async (t) => {
  const root = procWith(t, { sockstat: sockstat({ tcp: 1 }), tcp: HEAD + LISTENS, udp: 'not read', tcp6: 'not read' })

  const { sockets, gaps } = look(root, HOST)

  t.match(sockets, [{ netInode: INODE, address: '127.0.0.1', port: 10_248, protocol: 'tcp', socketInode: 4242 }])
  t.strictSame(gaps, [])
})

t.test('says which namespace’s listeners it could not read, why, and what that clouds', async (t) => {
  const cases = [
    [{ sockstat: sockstat({ tcp: 1 }), tcp: 'gibberish\n' }, 'malformed'],
    [{ sockstat: 'gibberish\n' }, 'malformed'],
    [{ sockstat: sockstat({ tcp: 1 }), tcp: HEAD + LISTENS.repeat(90_000) }, 'too-large'],
  ] as const
  for (const [net, reason] of cases) {
    const root = procWith(t, net)

    t.match(look(root, HOST), {
      sockets: [],
      unread: [INODE],
      gaps: [{ subject: 'listeners of the host', reason, affects: ['net', 'tcp', 'udp'] }],
    })
    t.match(look(root, CONTAINERS), {
      sockets: [],
      gaps: [{ subject: `listeners of net:[${INODE}]`, reason, affects: ['a', 'b'] }],
    })
  }
})

t.test('reads nothing through a task that is in another namespace', async (t) => {
  const root = procWith(t, { sockstat: sockstat({ tcp: 1 }), tcp: HEAD + LISTENS }, INODE + 1)

  t.match(look(root, HOST), { sockets: [], unread: [INODE], gaps: [{ reason: 'denied' }] })
  t.match(look(root, CONTAINERS), { sockets: [], unread: [INODE], gaps: [] }, 'it went with its last task')
})

t.test('asks the next task where one is gone', async (t) => {
  const root = procWith(t, { sockstat: sockstat({ tcp: 1 }), tcp: HEAD + LISTENS })
  const tasks = [{ pid: PID + 1, tid: PID + 1 }, ...HOST.tasks]

  t.equal(look(root, { ...HOST, tasks }).sockets.length, 1)
})

t.test('names SCTP and UDP-Lite where somebody uses them, and not where a module is loaded only', async (t) => {
  const idle = procWith(t, { sockstat: sockstat(), 'sctp/eps': SCTP_HEAD })
  t.strictSame(look(idle, HOST).gaps, [])

  const used = procWith(t, { sockstat: sockstat({ lite: 1 }), 'sctp/eps': SCTP_HEAD + SCTP_ROW })
  t.match(look(used, HOST).gaps, [
    { subject: 'SCTP sockets of the host', reason: 'unsupported', affects: ['sctp'] },
    { subject: 'UDP-Lite sockets of the host', reason: 'unsupported', affects: [] },
  ])
})
