import t from 'tap'
import type { Sharing } from '../../src/model/container.ts'
import { ineffectiveDeclaration } from '../../src/rules/ineffective-declaration.ts'
import { container } from '../helpers/builders.ts'
import { hitsOf, namesHit } from '../helpers/hits.ts'

const X = `container:${'c'.repeat(64)}` as const

const TABLE: readonly (readonly [string, Partial<Sharing>, boolean])[] = [
  ['declared host in its own', { declared: 'host', observed: 'own' }, true],
  ['declared host in another container’s', { declared: 'host', observed: X }, true],
  ['declared pod in its own', { declared: 'pod', observed: 'own' }, true],
  ['declared another’s in its own', { declared: X, observed: 'own' }, true],
  ['declared host in its own, seen once', { declared: 'host', observed: 'own', sightings: 1 }, false],
  ['declared host in the host’s', { declared: 'host', observed: 'host' }, false],
  ['declared private in its own', {}, false],
  ['declared by nobody', { declared: 'unknown', observed: 'own' }, false],
  ['whose other tasks alone are elsewhere', { declared: 'host', observed: 'mixed', main: 'host' }, false],
  ['whose main task is elsewhere than others', { declared: 'host', observed: 'mixed', main: 'own' }, true],
  ['that could not be read', { declared: 'host', observed: 'unknown' }, false],
]

for (const [what, net, isHit] of TABLE) {
  t.test(`${isHit ? 'hits' : 'stays silent about'} a container ${what}`, (t) => {
    t.strictSame(namesHit(ineffectiveDeclaration, container({ sharing: { net } })), isHit ? ['web'] : [])
    t.end()
  })
}

t.test('says what was declared and what is, as information', (t) => {
  const sharing = { net: { declared: 'host', observed: 'own' }, pid: { declared: 'host', observed: X } } as const

  t.match(hitsOf(ineffectiveDeclaration, container({ sharing })), [
    { fact: 'net', severity: 'info', summary: 'web was declared host for its net namespace but is in its own' },
    { fact: 'pid', severity: 'info', summary: `web was declared host for its pid namespace but is in ${X}'s` },
  ])
  t.end()
})
