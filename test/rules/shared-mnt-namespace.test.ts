import t from 'tap'
import type { Sharing } from '../../src/model/container.ts'
import { sharedMntNamespace } from '../../src/rules/shared-mnt-namespace.ts'
import { container, HOST_INODES, privileges } from '../helpers/builders.ts'
import { hitsOf, namesHit } from '../helpers/hits.ts'

const TABLE: readonly (readonly [string, Partial<Sharing>, boolean])[] = [
  ['declared host by its specification', { declared: 'host', observed: 'host' }, true],
  ['of which nobody tells, seen twice', { declared: 'unknown', observed: 'host' }, true],
  ['of which nobody tells, seen once', { declared: 'unknown', observed: 'host', sightings: 1 }, false],
  ['declared private: that is undeclared-sharing', { declared: 'private', observed: 'host' }, false],
  ['with a mount namespace of its own', {}, false],
  ['that could not be read', { declared: 'host', observed: 'unknown' }, false],
]

for (const [what, mnt, isHit] of TABLE) {
  t.test(`${isHit ? 'hits' : 'stays silent about'} a container ${what}`, (t) => {
    t.strictSame(namesHit(sharedMntNamespace, container({ sharing: { mnt } })), isHit ? ['web'] : [])
    t.end()
  })
}

t.test('gives the proof, and weighs what root may do to the host’s files', (t) => {
  const hitWith = (effectiveCapabilities: string) =>
    hitsOf(
      sharedMntNamespace,
      container({
        privileges: privileges({ effectiveCapabilities }),
        sharing: { mnt: { declared: 'host', observed: 'host' } },
      }),
    )[0]

  t.match(hitWith('00000000a80425fb'), {
    fact: 'mnt',
    severity: 'critical',
    summary: "web runs in the host's mount namespace",
    evidence: { inode: HOST_INODES.mnt, hostInode: HOST_INODES.mnt },
  })
  t.equal(hitWith('0000000000000000')?.severity, 'high')
  t.end()
})
