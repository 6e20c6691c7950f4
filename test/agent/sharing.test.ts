import t from 'tap'
import type { Baseline } from '../../src/model/namespace.ts'
import { baseline, HOST_INODES } from '../helpers/builders.ts'
import { judged } from '../helpers/judged.ts'
import { closed, idOf, row, running, task } from '../helpers/tasks.ts'

const A = idOf('a')
const B = idOf('b')

/** A node inside a container, whose net namespace is not the kernel's. */
const NESTED: Baseline = baseline({
  node: { ...baseline().node, net: { inode: 101, by: 'pid1' } },
  nested: true,
})

t.test('lists tasks that are elsewhere than the main one, those in the host’s namespace first', (t) => {
  const members = [
    running(
      { pid: 10, id: A, namespaces: { net: 90 } },
      { oddThreads: [task({ pid: 10, tid: 12, id: A, namespaces: { net: 91 } })] },
    ),
    ...[20, 21].map((pid) => running({ pid, id: A })),
    running({ pid: 30, id: B, namespaces: { net: 92 } }),
    running({ pid: 31, id: A, namespaces: { net: 92 } }),
  ]

  const sharing = judged(members, [row({ id: A, initPid: 10 })]).get(A)?.sharing.net

  t.match(sharing, { observed: 'mixed', main: 'own', mainVerdict: 'as-declared', verdict: 'undeclared-sharing' })
  t.match(sharing?.others, [
    { relation: 'host', inode: HOST_INODES.net, tasks: [{ pid: 20, tid: 20 }, { pid: 21 }], total: 2 },
    { relation: `container:${B}`, inode: 92, tasks: [{ pid: 31 }], total: 1 },
    { relation: 'own', inode: 91, tasks: [{ pid: 10, tid: 12 }], total: 1 },
  ])
  t.end()
})

t.test('lets a task’s private sub-namespace change no verdict', (t) => {
  const members = [running({ pid: 10, id: A }), running({ pid: 11, id: A, namespaces: { net: 91 } })]

  t.match(judged(members, [row({ id: A, initPid: 10, declared: { net: 'host' } })]).get(A)?.sharing.net, {
    observed: 'mixed',
    main: 'host',
    verdict: 'as-declared',
  })
  t.end()
})

t.test('names a bounded number of tasks and namespaces, and loses none that is in the host’s', (t) => {
  const crowd = Array.from({ length: 100 }, (_, index) =>
    running({ pid: 100 + index, id: A, namespaces: { net: 1000 + (index % 50) } }),
  )
  const escaped = Array.from({ length: 20 }, (_, index) => running({ pid: 900 + index, id: A }))

  const others = judged([running({ pid: 10, id: A, namespaces: { net: 90 } }), ...crowd, ...escaped], []).get(A)
    ?.sharing.net.others

  t.equal(others?.length, 16)
  t.match(others?.[0], { relation: 'host', total: 20 })
  t.equal(others?.[0]?.tasks.length, 8)
  t.end()
})
t.test('tells a nested node’s namespace from the kernel’s, which nobody declares', (t) => {
  const inNode = running({ pid: 10, id: A, namespaces: { net: 101 } })
  const inKernel = running({ pid: 11, id: B })
  const rows = [
    row({ id: A, initPid: 10, declared: { net: 'host' } }),
    row({ id: B, initPid: 11, declared: { net: 'host' } }),
  ]

  const found = judged([inNode, inKernel], rows, { against: NESTED })

  t.match(found.get(A)?.sharing.net, { observed: 'host', verdict: 'as-declared', hostInode: 101 })
  t.match(found.get(B)?.sharing.net, { observed: 'kernel', verdict: 'undeclared-sharing', hostInode: 101 })
  t.match(judged([inKernel], [], { against: NESTED }).get(B)?.sharing.net, {
    declared: 'unknown',
    verdict: 'undeclared-sharing',
  })
  t.match(found.get(A)?.sharing.ipc, { observed: 'host' }, 'and knows that both are one where they are')
  t.end()
})

t.test('lists a task in the kernel’s namespace before those in the node’s', (t) => {
  const members = [
    running({ pid: 10, id: A, namespaces: { net: 90 } }),
    running({ pid: 11, id: A, namespaces: { net: 101 } }),
    running({ pid: 12, id: A }),
  ]

  t.match(judged(members, [], { against: NESTED }).get(A)?.sharing.net.others, [
    { relation: 'kernel' },
    { relation: 'host' },
  ])
  t.end()
})

t.test('claims nothing of a container that is closed, or of a kind without a baseline', (t) => {
  const { net: _, ...node } = baseline().node

  t.match(judged([closed({ id: A })], [row({ id: A })]).get(A)?.sharing.net, {
    observed: 'unknown',
    inode: null,
    verdict: 'unknown',
  })
  t.match(judged([running({ id: A })], [row({ id: A })], { against: baseline({ node }) }).get(A)?.sharing.net, {
    observed: 'unknown',
    inode: HOST_INODES.net,
    hostInode: null,
    verdict: 'unknown',
  })
  t.end()
})

t.test('does not take a closed process for one that is elsewhere', (t) => {
  const members = [running({ pid: 10, id: A, namespaces: { net: 90 } }), closed({ pid: 11, id: A })]

  t.match(judged(members).get(A)?.sharing.net, { observed: 'own', others: [] })
  t.end()
})

t.test('calls a kind that this kernel does not have not applicable', (t) => {
  const { time: _, ...kinds } = baseline().node
  const { time: __, ...inodes } = HOST_INODES
  const member = { ...running({ id: A }), leader: { ...task({ id: A }), namespaces: inodes } }

  t.match(judged([member], [], { against: baseline({ node: kinds, kernel: kinds }) }).get(A)?.sharing.time, {
    observed: 'not-applicable',
    verdict: 'not-applicable',
  })
  t.end()
})
