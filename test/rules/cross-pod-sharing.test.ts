import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import type { Container, Pod, Relation, Sharing, Verdict } from '../../src/model/container.ts'
import type { NamespaceKind } from '../../src/model/namespace.ts'
import { crossPodSharing } from '../../src/rules/cross-pod-sharing.ts'
import { container, type GivenContainer, snapshot } from '../helpers/builders.ts'
import { hitsOf } from '../helpers/hits.ts'

const INODE = 4026539000

function idOf(name: string): string {
  return name.padEnd(64, '0')
}

function named(name: string, given: GivenContainer = {}): Container {
  return container({ id: idOf(name), name, ...given })
}

function podOf(uid: string, given: Partial<Pod> = {}): Pod {
  return { namespace: 'default', name: uid, uid, container: 'app', static: false, proof: 'cri', ...given }
}

function inOther(name: string, given: Partial<Sharing> = {}): Partial<Sharing> {
  return { observed: `container:${idOf(name)}`, inode: INODE, ...given }
}

function visiting(relation: Relation, total = 1): Partial<Sharing> {
  const tasks = [{ pid: 5000, tid: 5000, startTime: 7, comm: 'sh' }]
  return { observed: 'mixed', main: 'own', others: [{ relation, inode: INODE, tasks, total }] }
}

function of(kind: NamespaceKind, sharing: Partial<Sharing>): Pick<GivenContainer, 'sharing'> {
  return { sharing: { [kind]: sharing } }
}

/** Owns what others enter. */
function owner(name: string, given: GivenContainer = {}, net: Partial<Sharing> = {}): Container {
  return named(name, { ...of('net', { inode: INODE, ...net }), ...given })
}

/** In another one's, as a path says or not. */
function byPath(mainVerdict: Verdict): Container {
  return named('a', of('net', inOther('b', { declared: 'path:/x', mainVerdict })))
}

const B_OWN = `container:${idOf('b')}` as const
const B_HIT = `a net/container/${idOf('b')}`

const A = podOf('uid-a')
const B = podOf('uid-b')

const TABLE: readonly (readonly [string, readonly Container[], readonly string[]])[] = [
  [
    'containers of two pods',
    [owner('b', { pod: B }), named('a', { pod: A, ...of('net', inOther('b', { declared: 'pod' })) })],
    ['a net/pod/uid-b'],
  ],
  [
    'a pod’s and one that only Docker knows',
    [owner('b', { pod: B }), named('a', of('net', inOther('b')))],
    ['a net/pod/uid-b'],
  ],
  ['two that have nothing to do with each other', [owner('b'), named('a', of('net', inOther('b')))], [B_HIT]],
  [
    'two pods of which only cgroups tell',
    [
      owner('b', { podUid: 'uid-b' }, { declared: 'unknown' }),
      named('a', { podUid: 'uid-a', ...of('net', inOther('b', { declared: 'unknown' })) }),
    ],
    ['a net/pod/uid-b'],
  ],
  ['one with a task in another’s', [owner('b'), named('a', of('net', visiting(B_OWN)))], [B_HIT]],
  ['containers of one pod', [owner('b', { pod: A }), named('a', { pod: A, ...of('net', inOther('b')) })], []],
  [
    'one that was declared to join the other',
    [
      owner('b'),
      named('a', of('net', inOther('b', { declared: `container:${idOf('b')}`, mainVerdict: 'as-declared' }))),
    ],
    [],
  ],
  [
    'one that the other was declared to join',
    [owner('b', {}, { declared: `container:${idOf('a')}` }), named('a', of('net', inOther('b')))],
    [],
  ],
  [
    'two that were declared to join a third',
    [
      owner('c'),
      ...['a', 'b'].map((name) => named(name, of('net', inOther('c', { declared: `container:${idOf('c')}` })))),
    ],
    [],
  ],
  ['one seen there once', [owner('b'), named('a', of('net', inOther('b', { sightings: 1 })))], []],
  [
    'one of which nobody tells what was declared',
    [owner('b'), named('a', of('net', inOther('b', { declared: 'unknown' })))],
    [],
  ],
  [
    'one beside another of which nobody tells',
    [owner('b', {}, { declared: 'unknown' }), named('a', of('net', inOther('b')))],
    [],
  ],
  ['one declared by a path, which could not be read', [owner('b'), byPath('unknown')], []],
  ['one declared by a path, which names it', [owner('b'), byPath('as-declared')], []],
  ['one declared by a path, which names another', [owner('b'), byPath('undeclared-sharing')], [B_HIT]],
  ['one that runs inside the other', [owner('b'), named('a', { parent: idOf('b'), ...of('net', inOther('b')) })], []],
  [
    'two that run inside the same',
    [named('c'), owner('b', { parent: idOf('c') }), named('a', { parent: idOf('c'), ...of('net', inOther('b')) })],
    [],
  ],
  [
    'two of one podman pod',
    [owner('b', { role: 'sandbox' }), named('a', { sandboxId: idOf('b'), ...of('net', inOther('b')) })],
    [],
  ],
  ['two in the host’s', ['a', 'b'].map((name) => named(name, of('net', { declared: 'host', observed: 'host' }))), []],
  ['two in one mnt namespace, which is no mission', [owner('b'), named('a', of('mnt', inOther('b')))], []],
  ['one in the namespace of a container that is not listed', [named('a', of('net', inOther('b')))], []],
]

for (const [what, containers, expected] of TABLE) {
  t.test(`${expected.length > 0 ? 'hits' : 'stays silent about'} ${what}`, (t) => {
    const hits = hitsOf(crossPodSharing, ...containers)

    t.strictSame(
      hits.map(({ subject, fact }) => `${subject.containerName} ${fact}`),
      expected,
    )
    t.end()
  })
}

t.test('gives one finding a pair and kind, whichever order the containers come in', (t) => {
  const joined = inOther('b', { declared: 'pod' })
  const members = ['sidecar', 'app', 'pause'].map((name) =>
    named(name, {
      role: name === 'pause' ? 'sandbox' : 'container',
      pod: { ...A, container: name },
      sharing: { net: joined, ipc: joined },
    }),
  )
  const all = [named('b', { pod: B, sharing: { net: { inode: INODE }, ipc: { inode: INODE } } }), ...members]
  const idsOf = (containers: readonly Container[]) =>
    reportOf(snapshot({ containers }))
      .findings.filter(({ rule }) => rule === 'cross-pod-sharing')
      .map(({ id, subject, fact }) => [id, subject.containerName, fact])

  const found = idsOf(all)
  t.strictSame(
    found.map(([, name, fact]) => [name, fact]),
    [
      ['pause', 'net/pod/uid-b'],
      ['pause', 'ipc/pod/uid-b'],
    ],
  )
  t.strictSame(idsOf(all.toReversed()), found)
  t.end()
})

t.test('keeps its id when a pod’s container is restarted', (t) => {
  const idWith = (runtimeId: string) =>
    reportOf(
      snapshot({
        containers: [
          owner('b', { pod: B }),
          named('a', { id: idOf(runtimeId), pod: A, ...of('net', inOther('b', { declared: 'pod' })) }),
        ],
      }),
    ).findings.find(({ rule }) => rule === 'cross-pod-sharing')?.id

  t.ok(idWith('a'))
  t.equal(idWith('a'), idWith('a2'))
  t.end()
})

t.test('names both sides, the namespace, and the tasks that went there', (t) => {
  t.match(hitsOf(crossPodSharing, owner('b', { pod: B }), named('a', of('net', inOther('b')))), [
    {
      severity: 'medium',
      summary: 'a and b are in one net namespace, and neither declared it',
      evidence: { declared: 'private', inode: INODE, other: { containerName: 'b', pod: 'default/uid-b' } },
    },
  ])
  t.match(hitsOf(crossPodSharing, owner('b'), named('a', of('pid', visiting(`container:${idOf('b')}`, 3)))), [
    {
      severity: 'high',
      summary: "3 task(s) of a are in b's pid namespace",
      evidence: { inode: INODE, tasks: [{ pid: 5000 }], total: 3 },
    },
  ])
  t.end()
})
