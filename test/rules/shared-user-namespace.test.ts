import t from 'tap'
import { sharedUserNamespace } from '../../src/rules/shared-user-namespace.ts'
import { undeclaredSharing } from '../../src/rules/undeclared-sharing.ts'
import { container, type GivenContainer, HOST_INODES } from '../helpers/builders.ts'
import { hitsOf, namesHit } from '../helpers/hits.ts'

const HOST = { declared: 'host', observed: 'host' } as const
const REMAPS = { name: 'docker', remapsUsers: true } as const

const TABLE: readonly (readonly [string, GivenContainer, boolean])[] = [
  ['that opted out of remapping', { runtime: REMAPS, sharing: { user: HOST } }, true],
  ['where nothing is remapped', { sharing: { user: HOST } }, false],
  ['that is remapped', { runtime: REMAPS, sharing: { user: { observed: 'own' } } }, false],
  ['that could not be read', { runtime: REMAPS, sharing: { user: { declared: 'host', observed: 'unknown' } } }, false],
  [
    'that should be remapped and is not',
    { runtime: REMAPS, sharing: { user: { ...HOST, declared: 'private' } } },
    false,
  ],
]

for (const [what, given, isHit] of TABLE) {
  t.test(`${isHit ? 'hits' : 'stays silent about'} a container ${what}`, (t) => {
    t.strictSame(namesHit(sharedUserNamespace, container(given)), isHit ? ['web'] : [])
    t.end()
  })
}

t.test('gives both inodes, and what root is outside', (t) => {
  t.match(hitsOf(sharedUserNamespace, container({ runtime: REMAPS, sharing: { user: HOST } })), [
    { fact: 'user', severity: 'medium', evidence: { hostInode: HOST_INODES.user, rootMapsTo: 0, declared: 'host' } },
  ])
  t.end()
})

t.test('leaves one that nobody let opt out to undeclared-sharing', (t) => {
  const given = container({ runtime: REMAPS, sharing: { user: { ...HOST, declared: 'private' } } })

  t.strictSame(namesHit(undeclaredSharing, given), ['web'])
  t.end()
})
