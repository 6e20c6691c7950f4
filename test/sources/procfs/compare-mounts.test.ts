import t from 'tap'
import { compareMounts, hostPlacesOf } from '../../../src/sources/procfs/compare-mounts.ts'
import { type Mount, parseMountinfo } from '../../../src/sources/procfs/mountinfo.ts'

function mounts(...lines: readonly string[]): Mount[] {
  return parseMountinfo(lines.map((line) => `${line}\n`).join(''))
}

const ROOT = '27 1 254:0 / / rw - ext4 /dev/vda rw'
const DEV = '24 27 0:6 / /dev rw - devtmpfs devtmpfs rw'
const SHM = '25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw'
const MQUEUE = '26 24 0:24 / /dev/mqueue rw - mqueue mqueue rw'
const HOST = hostPlacesOf(mounts(ROOT, DEV, SHM, MQUEUE))

const OWN = [
  '100 90 0:50 / / rw - overlay overlay rw',
  '101 100 0:51 / /dev rw - tmpfs tmpfs rw',
  '102 101 0:52 / /dev/shm rw - tmpfs shm rw',
  '103 101 0:53 / /dev/mqueue rw - mqueue mqueue rw',
]

t.test('finds the host’s file systems, under and over other mounts', (t) => {
  t.strictSame(HOST, {
    root: { device: '254:0', path: '/', type: 'ext4' },
    shm: { device: '0:23', path: '/', type: 'tmpfs' },
    mqueue: { device: '0:24', path: '/', type: 'mqueue' },
  })
  const stacked = '30 25 0:27 / /dev/shm rw - tmpfs tmpfs rw'
  t.equal(hostPlacesOf(mounts(stacked, SHM, DEV, ROOT)).shm?.device, '0:27', 'the one on top')
  const hidden = '31 24 0:28 / /dev rw - tmpfs tmpfs rw'
  t.strictSame(
    hostPlacesOf(mounts(ROOT, DEV, SHM, hidden)).shm?.device,
    '0:28',
    'under another /dev it is out of sight',
  )
  t.end()
})

t.test('finds them without a mount of their own', (t) => {
  const { shm, mqueue } = hostPlacesOf(mounts(ROOT, DEV))

  t.strictSame(shm, { device: '0:6', path: '/shm', type: 'devtmpfs' })
  t.strictSame(mqueue, { device: '0:6', path: '/mqueue', type: 'devtmpfs' })
  t.strictSame(hostPlacesOf(mounts('27 1 254:0 /sub / rw - ext4 /dev/vda rw')).shm?.path, '/sub/dev/shm')
  t.end()
})

t.test('finds none without a root', (t) => {
  t.strictSame(hostPlacesOf([]), { root: null, shm: null, mqueue: null })
  t.end()
})

const TABLE: readonly (readonly [string, readonly string[], object])[] = [
  ['nothing of the host’s', [], { shm: { mounted: 'none', total: 0 }, mqueue: { mounted: 'none', total: 0 } }],
  [
    'the host’s /dev/shm',
    ['104 101 0:23 / /dev/shm rw - tmpfs tmpfs rw'],
    { shm: { mounted: 'host', mountPoints: ['/dev/shm'], total: 1, writable: true }, mqueue: { mounted: 'none' } },
  ],
  ['a part of it', ['104 100 0:23 /part /x rw - tmpfs tmpfs rw'], { shm: { mounted: 'host', mountPoints: ['/x'] } }],
  ['it read-only', ['104 100 0:23 / /x ro - tmpfs tmpfs rw'], { shm: { mounted: 'host', writable: false } }],
  [
    'all of the host, with what is mounted below',
    ['104 100 254:0 / /host rw - ext4 /dev/vda rw', '105 104 0:23 / /host/dev/shm rw - tmpfs tmpfs rw'],
    { shm: { mounted: 'host', mountPoints: ['/host/dev/shm'], total: 1 } },
  ],
  [
    'all of the host, without what is mounted below',
    ['104 100 254:0 / /host rw - ext4 /dev/vda rw'],
    { shm: { mounted: 'none' } },
  ],
  [
    'the host’s /dev/mqueue',
    ['104 100 0:24 / /q rw - mqueue mqueue rw'],
    { mqueue: { mounted: 'host', mountPoints: ['/q'] } },
  ],
]

for (const [what, lines, expected] of TABLE) {
  t.test(`tells that a container has ${what}`, (t) => {
    t.match(compareMounts(HOST, mounts(...OWN, ...lines)), expected)
    t.end()
  })
}

t.test('finds a directory of the host’s that holds its shared memory', (t) => {
  const host = hostPlacesOf(mounts(ROOT, DEV))
  const dev = mounts(...OWN, '104 100 0:6 / /hostdev rw - devtmpfs devtmpfs rw')
  const beside = mounts(...OWN, '104 100 0:6 /shmoo /x rw - devtmpfs devtmpfs rw')

  t.match(compareMounts(host, dev), { shm: { mounted: 'host', mountPoints: ['/hostdev'] } })
  t.match(compareMounts(host, beside), { shm: { mounted: 'none' } })
  t.end()
})

t.test('does not know whose queues they are where the host has none mounted', (t) => {
  const host = hostPlacesOf(mounts(ROOT, DEV, SHM))

  t.match(compareMounts(host, mounts(...OWN)), { mqueue: { mounted: 'unknown' } })
  t.match(compareMounts(host, mounts(...OWN.slice(0, 3))), { mqueue: { mounted: 'none' } })
  t.end()
})

t.test('does not know of shared memory where the host’s mounts do not tell', (t) => {
  t.match(compareMounts(hostPlacesOf([]), mounts(...OWN)), { shm: { mounted: 'unknown' } })
  t.end()
})

t.test('tells nothing of a container whose root is still the host’s', (t) => {
  t.equal(compareMounts(HOST, mounts(ROOT, DEV, SHM)), null)
  t.equal(
    compareMounts(HOST, mounts(...OWN, '110 100 254:0 / / rw - ext4 /dev/vda rw')),
    null,
    'also on top of its own',
  )
  t.equal(compareMounts(HOST, []), null)
  t.end()
})

t.test('names few mount points, cut, and counts all', (t) => {
  const many = Array.from({ length: 100 }, (_, n) => `${200 + n} 100 0:23 / /${'d'.repeat(300)}${n} rw - tmpfs t rw`)
  const found = compareMounts(HOST, mounts(...OWN, ...many))?.shm

  t.equal(found?.total, 100)
  t.strictSame(
    found?.mountPoints.map(({ length }) => length),
    [256, 256, 256, 256],
  )
  t.end()
})

t.test('ends where mounts name each other as parents', (t) => {
  const circle = mounts('1 2 0:1 / / rw - tmpfs t rw', '2 1 0:2 / / rw - tmpfs t rw', '3 3 0:3 / / rw - tmpfs t rw')

  const again = mounts('1 0 0:1 / / rw - tmpfs t rw', '2 1 0:2 / / rw - tmpfs t rw', '1 2 0:3 / / rw - tmpfs t rw')

  t.equal(hostPlacesOf(circle).root?.device, '0:3')
  t.equal(hostPlacesOf(again).root?.device, '0:3')
  t.end()
})
