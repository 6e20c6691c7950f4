import t from 'tap'
import type { Pod } from '../../src/model/container.ts'
import { evidenceOf, subjectOf } from '../../src/rules/subject.ts'
import { container } from '../helpers/builders.ts'

function pod(proof: Pod['proof']): Pod {
  return { namespace: 'default', name: 'web-1', uid: 'uid-1', container: 'web', static: false, proof }
}

t.test('names the container, and its pod where that is proven', (t) => {
  const { id } = container()
  t.strictSame(subjectOf(container()), { type: 'container', containerId: id, containerName: 'web' })
  t.match(subjectOf(container({ pod: pod('cri') })), { pod: 'default/web-1' })
  t.match(subjectOf(container({ pod: pod('cgroup') })), { pod: 'default/web-1' })
  t.strictSame(subjectOf(container({ pod: pod('claim') })), subjectOf(container()), 'a label’s word is no name')
  t.end()
})

t.test('gives as evidence what a verdict rests on, and other tasks only where there are some', (t) => {
  const given = container()

  t.strictSame(evidenceOf(given, given.sharing.net), {
    declared: 'private',
    declaredBy: 'a test',
    observed: 'own',
    inode: given.sharing.net.inode,
    hostInode: given.sharing.net.hostInode,
    sightings: 2,
    privileges: given.privileges,
    rootMapsTo: 0,
  })
  t.match(evidenceOf(given, { ...given.sharing.net, others: [{ relation: 'host', inode: 1, tasks: [], total: 9 }] }), {
    others: [{ total: 9 }],
  })
  t.end()
})
