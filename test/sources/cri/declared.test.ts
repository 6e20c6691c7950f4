import t from 'tap'
import { declareContainer, declareSandbox } from '../../../src/sources/cri/declared.ts'

const POD = { network: 'POD', pid: 'CONTAINER', ipc: 'POD', user: null } as const
const SPEC = [{ type: 'mount' }, { type: 'pid' }]

t.test("takes a container's own pid option, and falls back on its sandbox's", async (t) => {
  const cases = [
    { own: { pid: 'CONTAINER', targetId: '' }, sandbox: 'NODE', declared: 'private' },
    { own: { pid: 'NODE', targetId: '' }, sandbox: 'POD', declared: 'host' },
    { own: { pid: 'POD', targetId: '' }, sandbox: 'POD', declared: 'pod' },
    { own: { pid: 'POD', targetId: '' }, sandbox: 'NODE', declared: 'host' },
    { own: { pid: 'TARGET', targetId: 'abc' }, sandbox: 'CONTAINER', declared: 'container:abc' },
    { own: { pid: 'TARGET', targetId: '' }, sandbox: 'CONTAINER', declared: 'unknown' },
    { own: { pid: 'UNKNOWN', targetId: '' }, sandbox: 'CONTAINER', declared: 'unknown' },
    { own: null, sandbox: 'CONTAINER', declared: 'private' },
    { own: null, sandbox: 'NODE', declared: 'host' },
    { own: null, sandbox: 'POD', declared: 'pod' },
  ] as const
  for (const { own, sandbox, declared } of cases) {
    const info = { pid: 1, options: own, runtimeSpec: SPEC }
    t.equal(declareContainer({ ...POD, pid: sandbox }, info).pid.declared, declared)
  }
})

t.test("names the path where a runtime tells no options and the container joins another's pid namespace", async (t) => {
  const info = { pid: 1, options: null, runtimeSpec: [{ type: 'pid', path: '/proc/42/ns/pid' }] }

  t.equal(declareContainer(POD, info).pid.declared, 'path:/proc/42/ns/pid')
  t.equal(declareContainer({ ...POD, pid: 'POD' }, info).pid.declared, 'pod')
})

t.test('lets the sandbox declare the network and ipc that its containers join', async (t) => {
  const info = { pid: 1, options: { pid: 'CONTAINER', targetId: '' }, runtimeSpec: SPEC } as const

  t.match(declareContainer({ ...POD, network: 'NODE', ipc: 'NODE' }, info), {
    net: { declared: 'host' },
    uts: { declared: 'host' },
    ipc: { declared: 'host' },
  })
  t.match(declareSandbox(POD, SPEC), { net: { declared: 'pod' }, uts: { declared: 'pod' }, ipc: { declared: 'pod' } })
})

t.test('takes the user namespace from the options, or without them from what the runtime made', async (t) => {
  const made = [...SPEC, { type: 'user' }]

  t.equal(declareSandbox({ ...POD, user: 'POD' }, SPEC).user.declared, 'pod')
  t.equal(declareSandbox({ ...POD, user: 'NODE' }, SPEC).user.declared, 'host')
  t.equal(declareSandbox(POD, made).user.declared, 'pod')
  t.equal(declareSandbox(POD, SPEC).user.declared, 'host')
})

t.test('reads the kinds that CRI has no option for from the runtime specification', async (t) => {
  const all = ['mount', 'cgroup', 'time'].map((type) => ({ type }))

  t.match(declareSandbox(POD, all), {
    mnt: { declared: 'private' },
    cgroup: { declared: 'private' },
    time: { declared: 'private' },
  })
  t.match(declareSandbox(POD, []), {
    mnt: { declared: 'host' },
    cgroup: { declared: 'host' },
    time: { declared: 'host' },
  })
})

t.test('declares nothing of what nothing says', async (t) => {
  const unknown = { declared: 'unknown', by: null }
  const kinds = ['net', 'pid', 'ipc', 'mnt', 'uts', 'user', 'cgroup', 'time']
  const nothing = Object.fromEntries(kinds.map((kind) => [kind, unknown]))

  t.strictSame({ ...declareSandbox(null, null) }, nothing)
  t.strictSame({ ...declareContainer(null, null) }, nothing)
  t.match(declareSandbox({ network: 'UNKNOWN', pid: 'UNKNOWN', ipc: 'UNKNOWN', user: 'UNKNOWN' }, null), {
    net: { declared: 'unknown', by: 'cri sandbox namespaces.options.network=UNKNOWN' },
    uts: { declared: 'unknown' },
    pid: { declared: 'unknown' },
    user: { declared: 'unknown' },
  })
})
