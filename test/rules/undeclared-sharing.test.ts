import t from 'tap'
import type { Sharing } from '../../src/model/container.ts'
import { NAMESPACE_KINDS } from '../../src/model/namespace.ts'
import { undeclaredSharing } from '../../src/rules/undeclared-sharing.ts'
import { container, HOST_INODES } from '../helpers/builders.ts'
import { hitsOf, namesHit } from '../helpers/hits.ts'

const X = `container:${'c'.repeat(64)}` as const

const TABLE: readonly (readonly [string, Partial<Sharing>, boolean])[] = [
  ['declared private in the host’s', { observed: 'host' }, true],
  ['declared private in another container’s', { observed: X }, true],
  ['declared pod in the host’s', { declared: 'pod', observed: 'host' }, true],
  ['declared host in the kernel’s', { declared: 'host', observed: 'kernel' }, true],
  ['declared by nobody in the kernel’s', { declared: 'unknown', observed: 'kernel' }, true],
  ['declared private in the host’s, seen once', { observed: 'host', sightings: 1 }, false],
  ['declared host in the host’s', { declared: 'host', observed: 'host' }, false],
  ['declared private in its own', {}, false],
  ['declared host in its own', { declared: 'host', observed: 'own' }, false],
  ['declared by nobody in the host’s', { declared: 'unknown', observed: 'host' }, false],
  [
    'whose other tasks alone are in the host’s',
    { observed: 'mixed', main: 'own', verdict: 'undeclared-sharing' },
    false,
  ],
  ['whose main task is in the host’s and others are not', { observed: 'mixed', main: 'host' }, true],
  ['that could not be read', { observed: 'unknown' }, false],
]

for (const [what, net, isHit] of TABLE) {
  t.test(`${isHit ? 'hits' : 'stays silent about'} a container ${what}`, (t) => {
    t.strictSame(namesHit(undeclaredSharing, container({ sharing: { net } })), isHit ? ['web'] : [])
    t.end()
  })
}

t.test('says where it is, and what was declared', (t) => {
  const summaryOf = (net: Partial<Sharing>) => hitsOf(undeclaredSharing, container({ sharing: { net } }))[0]?.summary

  t.equal(summaryOf({ observed: 'host' }), "web is in the host's net namespace but was declared private")
  t.equal(summaryOf({ observed: 'kernel' }), "web is in the kernel's initial net namespace but was declared private")
  t.equal(summaryOf({ observed: 'sandbox' }), "web is in its pod's net namespace but was declared private")
  t.equal(summaryOf({ observed: X }), `web is in ${X}'s net namespace but was declared private`)
  t.end()
})

t.test('hits each kind on its own, with the proof', (t) => {
  const observed = { declared: 'private', observed: 'host' } as const
  const all = container({ sharing: Object.fromEntries(NAMESPACE_KINDS.map((kind) => [kind, observed])) })

  const hits = hitsOf(undeclaredSharing, all)

  t.strictSame(
    hits.map(({ fact }) => fact),
    NAMESPACE_KINDS,
  )
  t.match(hits[1], {
    fact: 'pid',
    evidence: { declared: 'private', inode: HOST_INODES.pid, hostInode: HOST_INODES.pid },
  })
  t.end()
})

t.test('weighs more than what was declared, and an escape out of the node most', (t) => {
  const severitiesOf = (observed: 'host' | 'kernel') =>
    (['net', 'pid', 'ipc', 'mnt'] as const).map(
      (kind) => hitsOf(undeclaredSharing, container({ sharing: { [kind]: { observed } } }))[0]?.severity,
    )

  t.strictSame(severitiesOf('host'), ['critical', 'critical', 'medium', 'critical'])
  t.strictSame(severitiesOf('kernel'), ['critical', 'critical', 'critical', 'critical'])
  t.end()
})
