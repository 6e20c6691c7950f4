import t from 'tap'
import { parseV6Only, runSs } from '../../../src/sources/procfs/ss.ts'
import { V6Only } from '../../../src/sources/procfs/v6only.ts'
import { isInstalled } from '../../helpers/commands.ts'
import { netOf } from '../../helpers/listening.ts'

/** Of iproute2 6.1; the last two are a cgroup's name that would be taken for another socket's flag, and a socket of no inode. */
const SS = `udp UNCONN 0      0      [::]:1003 [::]:* ino:1725224 sk:1051 cgroup:/ v6only:1 <->
udp UNCONN 0      0         *:1004    *:* ino:1725225 sk:1052 cgroup:/ v6only:0 <->
tcp LISTEN 0      511    [::]:1002 [::]:* uid:1000 ino:1725223 sk:1053 cgroup:/a v6only:0 b v6only:1 <->
tcp LISTEN 0      511    [::]:1005 [::]:* ino:1725226 sk:1053 cgroup:/a ino:1725225 v6only:1 <->
tcp LISTEN 0      511       *:1001    *:* sk:1054 cgroup:/ v6only:0 <->
`

t.test('reads which sockets take IPv6 only', async (t) => {
  t.strictSame(
    [...parseV6Only(SS)],
    [
      [1_725_224, true],
      [1_725_225, false],
      [1_725_223, true],
      [1_725_226, true],
    ],
  )
  t.strictSame(parseV6Only('').size + parseV6Only('\u001b[2J\n ino: v6only:\n').size, 0)
})

t.test(
  'runs ss, here and by a file of a net namespace',
  { skip: !isInstalled('ss') && 'ss(8) is not installed' },
  async (t) => {
    t.type(runSs(null), 'string')
    t.type(runSs('/proc/self/ns/net'), 'string')
    t.match(runSs('/proc/self/ns/none'), { failed: 'denied' })
  },
)

const INODE = netOf(process.pid)
const SPACE = { inode: INODE, tasks: [{ pid: process.pid, tid: process.pid }], isHost: true, containerIds: [] }

function onAny(socketInode: number) {
  const common = { netInode: INODE, address: '::', port: 80, protocol: 'tcp', uid: 0 } as const
  return { ...common, family: 'unknown', socketInode } as const
}

t.test('asks once for each socket, and again only for a new one', async (t) => {
  let asked = 0
  const v6only = new V6Only(
    '/proc',
    () => 0,
    () => {
      asked++
      return SS
    },
  )
  const look = (...inodes: readonly number[]) =>
    v6only.tell(inodes.map(onAny), [SPACE], INODE).map(({ family }) => family)

  t.strictSame(look(1_725_224, 1_725_225), ['ipv6', 'dual'])
  t.strictSame(look(1_725_224, 7), ['ipv6', 'unknown'], 'ss does not know it')
  t.strictSame(look(1_725_224, 7), ['ipv6', 'unknown'])
  t.equal(asked, 2)
  t.equal(v6only.failure, null)
})

t.test('says why it could not ask, and rests before it tries again', async (t) => {
  const time = { now: 0 }
  let asked = 0
  const v6only = new V6Only(
    '/proc',
    () => time.now,
    () => {
      asked++
      return { failed: 'missing', detail: 'spawnSync ss ENOENT' }
    },
  )
  const look = () => v6only.tell([onAny(1_725_224)], [SPACE], INODE).map(({ family }) => family)

  t.strictSame(look(), ['unknown'])
  t.match(v6only.failure, { failed: 'missing' })
  time.now = 59_000
  look()
  t.equal(asked, 1)
  time.now = 61_000
  look()
  t.equal(asked, 2)
  v6only.tell([], [SPACE], INODE)
  t.equal(v6only.failure, null, 'nothing is left to ask for')
})
