import t from 'tap'
import type { NamespaceInodes } from '../../src/model/namespace.ts'
import type { DetailSource } from '../../src/sources/source.ts'
import { HOST_INODES } from '../helpers/builders.ts'
import { type ScannedOptions, scanned } from '../helpers/scanned.ts'
import { closed, type GivenTask, idOf, row, running } from '../helpers/tasks.ts'

const OWN: NamespaceInodes = { net: 90, pid: 91, ipc: 92, mnt: 93, uts: 94 }
const ID = idOf('a')

interface Joined extends ScannedOptions {
  readonly declared?: `path:${string}`
  /** Where the container is. */
  readonly net?: number
  readonly processes?: readonly GivenTask[]
}

/** What is said of the net namespace of a container that was declared to be in a path's. */
async function joined({ declared = 'path:/run/netns/blue', net = 77, processes = [], ...options }: Joined) {
  const main = running({ pid: 100, id: ID, namespaces: { ...OWN, net } })
  const rows = [row({ id: ID, initPid: 100, declared: { net: declared } })]
  const { containers, gaps } = await scanned([main, ...processes.map((given) => running(given))], { rows, ...options })
  const { observed, verdict } = containers.find(({ id }) => id === ID)?.sharing.net ?? {}
  return { said: `${observed}: ${verdict}`, gaps: gaps.filter(({ affects }) => affects.includes(ID)) }
}

/** What is mounted on the node. */
function mounted(net: number): Pick<ScannedOptions, 'details'> {
  const readMounted: DetailSource['readMounted'] = (_host, kind, path) =>
    kind === 'net' && path === '/run/netns/blue' ? net : 'missing'
  return { details: { readMounted } }
}

t.test('judges a declared path by the namespace that is mounted there', async (t) => {
  t.match(await joined(mounted(77)), { said: 'own: as-declared', gaps: [] })
  t.match(await joined(mounted(78)), { said: 'own: ineffective-declaration' })
  t.match(await joined({ ...mounted(77), net: HOST_INODES.net }), { said: 'host: undeclared-sharing' })
  t.match(await joined({ ...mounted(HOST_INODES.net), net: HOST_INODES.net }), { said: 'host: as-declared' })
  t.match(await joined(mounted(HOST_INODES.net)), { said: 'own: ineffective-declaration' })
})

t.test('judges a path of another process’s by where that process is', async (t) => {
  const declared = 'path:/proc/50/ns/net'
  const other = { pid: 50, namespaces: { net: 77 } }
  const owner = { ...other, id: idOf('b') }

  t.match(await joined({ declared, processes: [other] }), { said: 'own: as-declared', gaps: [] })
  t.match(await joined({ declared, processes: [owner] }), { said: `container:${idOf('b')}: as-declared` })
  t.match(await joined({ declared, processes: [owner], net: 78 }), { said: 'own: ineffective-declaration' })
})

const UNREAD: readonly (readonly [string, Joined, string])[] = [
  ['nothing is mounted', {}, 'missing'],
  ['the mounts are closed to us', { details: { readMounted: () => 'denied' } }, 'denied'],
  ['a process is gone', { declared: 'path:/proc/50/ns/net' }, 'missing'],
  [
    'a younger process has the number',
    { declared: 'path:/proc/150/ns/net', processes: [{ pid: 150, namespaces: { net: 77 } }] },
    'gone',
  ],
  ['a link is of another kind', { declared: 'path:/proc/1/ns/pid', net: HOST_INODES.net }, 'missing'],
]

for (const [what, given, reason] of UNREAD) {
  t.test(`says unknown where ${what}, and why`, async (t) => {
    const { said, gaps } = await joined(given)

    t.match(said, /: unknown$/)
    t.match(gaps, [{ source: 'procfs', reason, affects: [ID] }])
    t.equal(gaps.length, 1)
  })
}

t.test('says unknown where the process of a link is closed to us', async (t) => {
  const main = running({ pid: 100, id: ID, namespaces: { ...OWN, net: 77 } })
  const rows = [row({ id: ID, initPid: 100, declared: { net: 'path:/proc/50/ns/net' } })]

  const { containers, gaps } = await scanned([main, closed({ pid: 50 })], { rows })

  t.equal(containers[0]?.sharing.net.verdict, 'unknown')
  t.match(
    gaps.filter(({ affects }) => affects.includes(ID)),
    [{ reason: 'denied', subject: `/proc/50/ns/net of container ${ID}` }],
  )
})

t.test('lets the one that a path leads into own its namespace, whichever started first', async (t) => {
  const guest = running({ pid: 100, id: ID, namespaces: { ...OWN, net: 77 } })
  const owner = running({ pid: 200, id: idOf('b'), namespaces: { ...OWN, net: 77, mnt: 95 } })
  const rows = [
    row({ id: ID, initPid: 100, declared: { net: 'path:/run/netns/blue' } }),
    row({ id: idOf('b'), initPid: 200 }),
  ]

  const { containers } = await scanned([guest, owner], { rows, ...mounted(77) })

  t.match(
    containers.map(({ sharing }) => [sharing.net.observed, sharing.net.verdict]),
    [
      [`container:${idOf('b')}`, 'as-declared'],
      ['own', 'as-declared'],
    ],
  )
})
