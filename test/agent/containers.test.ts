import t from 'tap'
import { HOST_INODES } from '../helpers/builders.ts'
import { judged, pod } from '../helpers/judged.ts'
import { idOf, row, running } from '../helpers/tasks.ts'

const A = idOf('a')
const B = idOf('b')

t.test('tells a runtime’s container with all that is known of it', (t) => {
  const found = judged(
    [
      running({ pid: 10, id: A, namespaces: { net: 90 } }, { threads: 3 }),
      running({ pid: 11, id: A, namespaces: { net: 90 } }),
    ],
    [row({ id: A, name: 'web', initPid: 10, declared: { pid: 'host' } })],
  ).get(A)

  t.match(found, {
    id: A,
    name: 'web',
    state: 'running',
    runtime: { name: 'docker' },
    sources: ['docker', 'cgroups'],
    initPid: 10,
    initStartTime: 10,
    userNs: { inode: HOST_INODES.user, rootMapsTo: 0 },
    processes: { count: 2, threads: 4 },
  })
  t.match(found?.sharing.net, {
    declared: 'private',
    declaredBy: 'a test',
    observed: 'own',
    inode: 90,
    verdict: 'as-declared',
  })
  t.match(found?.sharing.pid, {
    declared: 'host',
    observed: 'host',
    inode: HOST_INODES.pid,
    hostInode: HOST_INODES.pid,
  })
  t.match(found?.sharing.ipc, { declared: 'private', observed: 'host', verdict: 'undeclared-sharing', sightings: 1 })
  t.equal(found?.parent, undefined)
  t.end()
})

t.test('tells of a container in a container whose it is', (t) => {
  t.equal(judged([running({ container: { id: B, runtime: 'docker', parent: A } })], []).get(B)?.parent, A)
  t.end()
})

t.test('calls a container that only cgroups know by its id', (t) => {
  t.match(judged([running({ id: A })]).get(A), {
    name: A.slice(0, 12),
    role: 'unknown',
    state: 'unknown',
    sources: ['cgroups'],
    runtime: { name: 'docker' },
    image: null,
    restarts: null,
    startedAt: null,
  })
  t.end()
})

t.test('believes a label’s pod where the kubelet’s cgroup names the same uid', (t) => {
  const claim = pod({ proof: 'claim' })
  const proofIn = (podUid: string) => {
    const member = running({ container: { id: A, runtime: 'docker', podUid } })
    return judged([member], [row({ id: A, pod: claim })]).get(A)?.pod?.proof
  }

  t.equal(proofIn('uid-1'), 'cgroup')
  t.equal(proofIn('uid-2'), 'claim', 'another pod’s cgroup proves another pod')
  t.equal(judged([running({ id: A })], [row({ id: A, pod: claim })]).get(A)?.pod?.proof, 'claim')
  t.end()
})

t.test('prefers the word of the runtime that proves it', (t) => {
  const rows = [
    row({ id: A, pod: pod({ name: 'label', proof: 'claim' }) }),
    row({ id: A, source: 'cri', pod: pod({ name: 'cri' }) }),
  ]

  t.match(judged([running({ id: A })], rows).get(A), {
    sources: ['docker', 'cri', 'cgroups'],
    pod: { name: 'cri', proof: 'cri' },
  })
  t.end()
})

t.test('tells what could not be read as null', (t) => {
  const rights = { privileges: null, rootMapsTo: null }

  t.match(judged([running({ id: A })], [], { rights }).get(A), { privileges: null, userNs: { rootMapsTo: null } })
  t.end()
})
