import t from 'tap'
import type { HostIpc, HostMount } from '../../src/model/host-ipc.ts'
import { sharedHostShm } from '../../src/rules/shared-host-shm.ts'
import { container, type GivenContainer } from '../helpers/builders.ts'
import { hitsOf } from '../helpers/hits.ts'

const NONE: HostMount = { mounted: 'none', mountPoints: [], total: 0, writable: false }
const MOUNTED: HostMount = { mounted: 'host', mountPoints: ['/dev/shm'], total: 1, writable: true }
const UNKNOWN: HostMount = { ...NONE, mounted: 'unknown' }

function having(hostIpc: Partial<HostIpc>, given: GivenContainer = {}) {
  return container({ hostIpc: { shm: NONE, mqueue: NONE, ...hostIpc }, ...given })
}

const TABLE: readonly (readonly [string, GivenContainer, readonly string[]])[] = [
  ['with the host’s /dev/shm', having({ shm: MOUNTED }), ['shm']],
  ['with the host’s /dev/mqueue', having({ mqueue: MOUNTED }), ['mqueue']],
  ['with both', having({ shm: MOUNTED, mqueue: MOUNTED }), ['shm', 'mqueue']],
  [
    'whose ipc namespace could not be read',
    having({ shm: MOUNTED }, { sharing: { ipc: { observed: 'unknown' } } }),
    ['shm'],
  ],
  [
    'in its pod’s ipc namespace',
    having({ shm: MOUNTED }, { sharing: { ipc: { declared: 'pod', observed: 'sandbox' } } }),
    ['shm'],
  ],
  [
    'in the host’s ipc namespace, which says more',
    having({ shm: MOUNTED }, { sharing: { ipc: { declared: 'host', observed: 'host' } } }),
    [],
  ],
  [
    'in the kernel’s ipc namespace, likewise',
    having({ shm: MOUNTED }, { sharing: { ipc: { observed: 'kernel' } } }),
    [],
  ],
  ['with nothing of the host’s', having({}), []],
  ['of whose queues nothing tells', having({ mqueue: UNKNOWN }), []],
  ['whose mounts nobody could read', {}, []],
]

for (const [what, given, facts] of TABLE) {
  t.test(`${facts.length > 0 ? 'hits' : 'stays silent about'} a container ${what}`, (t) => {
    t.strictSame(
      hitsOf(sharedHostShm, container(given)).map(({ fact }) => fact),
      facts,
    )
    t.end()
  })
}

t.test('says where it is mounted, and weighs less what is read-only', (t) => {
  t.match(hitsOf(sharedHostShm, having({ shm: MOUNTED })), [
    {
      severity: 'medium',
      summary: "web has the host's shared memory (/dev/shm) mounted",
      evidence: { mountPoints: ['/dev/shm'], total: 1, writable: true, ipc: 'own' },
    },
  ])
  t.match(hitsOf(sharedHostShm, having({ shm: { ...MOUNTED, writable: false } })), [
    { severity: 'low', summary: "web has the host's shared memory (/dev/shm) mounted read-only" },
  ])
  t.end()
})
