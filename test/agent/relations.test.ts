import t from 'tap'
import { HOST_INODES } from '../helpers/builders.ts'
import { judged, judgedNets, pod } from '../helpers/judged.ts'
import { idOf, row, running } from '../helpers/tasks.ts'

const A = idOf('a')
const B = idOf('b')
const C = idOf('c')

t.test('gives a shared namespace to the container that did not ask for another’s', (t) => {
  const shares = judgedNets(
    [A, 90, { declared: { net: `container:${B}` } }],
    [B, 90, {}],
    [C, 90, { declared: { net: `container:${B}` } }],
  )

  t.match(
    [...shares.values()],
    [
      { observed: `container:${B}`, verdict: 'as-declared' },
      { observed: 'own', verdict: 'as-declared' },
      { observed: `container:${B}`, verdict: 'as-declared' },
    ],
  )
  t.end()
})

t.test('gives it to the oldest where nobody asked', (t) => {
  const shares = judgedNets([A, 90, {}], [B, 90, {}])

  t.match(shares.get(A), { observed: 'own', verdict: 'as-declared' })
  t.match(shares.get(B), { observed: `container:${A}`, verdict: 'undeclared-sharing' })
  t.end()
})

t.test('follows a declaration through the container that it names', (t) => {
  const chain = judgedNets(
    [A, 90, {}],
    [B, 90, { declared: { net: `container:${A}` } }],
    [C, 90, { declared: { net: `container:${B}` } }],
  )
  const host = judgedNets(
    [A, HOST_INODES.net, { declared: { net: 'host' } }],
    [B, HOST_INODES.net, { declared: { net: `container:${A}` } }],
    [C, HOST_INODES.net, { declared: { net: `container:${B}` } }],
  )

  t.match(chain.get(C), { observed: `container:${A}`, verdict: 'as-declared' }, 'it is in the namespace that B is in')
  t.match(host.get(C), { observed: 'host', verdict: 'as-declared' })
  t.end()
})

t.test('is not led in a circle, nor to nowhere', (t) => {
  const circle = judgedNets(
    [A, HOST_INODES.net, { declared: { net: `container:${B}` } }],
    [B, HOST_INODES.net, { declared: { net: `container:${A}` } }],
  )

  t.match([...circle.values()], [{ verdict: 'undeclared-sharing' }, { verdict: 'undeclared-sharing' }])
  t.match(judgedNets([A, 90, { declared: { net: `container:${C}` } }]).get(A), {
    observed: 'own',
    verdict: 'ineffective-declaration',
  })
  t.end()
})

t.test('judges a pod’s containers against its sandbox', (t) => {
  const shares = judgedNets(
    [A, 90, { role: 'sandbox', declared: { net: 'pod' }, pod: pod() }],
    [B, 90, { declared: { net: 'pod' }, pod: pod() }],
    [C, 91, { declared: { net: 'pod' }, pod: pod() }],
  )

  t.match(shares.get(A), { observed: 'own', verdict: 'as-declared' })
  t.match(shares.get(B), { observed: 'sandbox', verdict: 'as-declared' })
  t.match(shares.get(C), { observed: 'own', verdict: 'ineffective-declaration' })
  t.end()
})

t.test('takes another pod’s sandbox, or one that only labels claim, for any container', (t) => {
  const sandbox = { role: 'sandbox', declared: { net: 'pod' } } as const
  const guest = { declared: { net: 'pod' } } as const

  const other = judgedNets([A, 90, { ...sandbox, pod: pod({ uid: 'uid-2' }) }], [B, 90, { ...guest, pod: pod() }])
  const claimed = judgedNets([A, 90, { ...sandbox, pod: pod({ proof: 'claim' }) }], [B, 90, { ...guest, pod: pod() }])

  for (const shares of [other, claimed])
    t.match(shares.get(B), { observed: `container:${A}`, verdict: 'undeclared-sharing' })
  t.end()
})

t.test('takes containers of one pod for a pod where no sandbox runs', (t) => {
  const shares = judgedNets(
    [A, 90, { declared: { net: 'pod' }, pod: pod() }],
    [B, 90, { declared: { net: 'pod' }, pod: pod() }],
  )

  t.match(shares.get(B), { observed: `container:${A}`, verdict: 'as-declared' })
  t.end()
})

t.test('believes no pod uid that stands in a cgroup inside a container', (t) => {
  const cgroup = (id: string) => ({ id, runtime: 'unknown', podUid: 'uid-1', parent: C }) as const
  const sandbox = running({ pid: 10, container: cgroup(A), namespaces: { net: 90 } })
  const guest = running({ pid: 11, container: cgroup(B), namespaces: { net: 90 } })
  const rows = [
    row({ id: A, role: 'sandbox', declared: { net: 'pod' }, initPid: 10 }),
    row({ id: B, declared: { net: 'pod' }, initPid: 11 }),
  ]

  t.match(judged([sandbox, guest], rows).get(B)?.sharing.net, {
    observed: `container:${A}`,
    verdict: 'undeclared-sharing',
  })
  t.end()
})

t.test('knows a pod by the kubelet’s cgroup where runtimes know none', (t) => {
  const cgroup = (id: string) => ({ id, runtime: 'unknown', podUid: 'uid-1' }) as const
  const sandbox = running({ pid: 10, container: cgroup(A), namespaces: { net: 90 } })
  const guest = running({ pid: 11, container: cgroup(B), namespaces: { net: 90 } })
  const rows = [
    row({ id: A, role: 'sandbox', declared: { net: 'pod' }, initPid: 10 }),
    row({ id: B, declared: { net: 'pod' }, initPid: 11 }),
  ]

  t.match(judged([sandbox, guest], rows).get(B)?.sharing.net, { observed: 'sandbox', verdict: 'as-declared' })
  t.end()
})
