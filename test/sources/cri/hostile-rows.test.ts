import t, { type Test } from 'tap'
import { createCriSource } from '../../../src/sources/cri/cri.ts'
import { type Answers, fakeCri } from '../../helpers/containerd-fake.ts'
import { container, podAnswers, sandbox } from '../../helpers/containerd-samples.ts'

const signal = AbortSignal.timeout(120_000)

t.test('keeps the good rows of a list, and says that there were others', async (t) => {
  const rows = [
    container({ id: '../../etc/passwd' }),
    container({ id: 'a/../b' }),
    container({ id: '..' }),
    container({ id: '' }),
    container({ id: 'x'.repeat(129) }),
    container({ id: 'new\nline' }),
    container({ id: 'b', podSandboxId: '../s' }),
    container({ id: 'c', metadata: { name: 'n'.repeat(1000) } }),
    container({ id: 'good' }),
  ]
  const { containers, gaps } = await list(t, podAnswers([sandbox(), sandbox({ id: '/' })], rows))

  t.strictSame(
    containers.map(({ id }) => id),
    ['sandbox', 'good'],
  )
  t.match(gaps, [
    { subject: /ListPodSandbox$/, reason: 'malformed', affects: '*', detail: /^1 / },
    { subject: /ListContainers$/, reason: 'malformed', affects: '*', detail: /^8 / },
  ])
})

t.test('lists a container once, however often it is told of', async (t) => {
  const { containers } = await list(t, podAnswers([sandbox(), sandbox()], [container(), container()]))

  t.strictSame(
    containers.map(({ id }) => id),
    ['sandbox', 'container'],
  )
})

t.test('cuts a list without end, and says so', async (t) => {
  const rows = Array.from({ length: 10_050 }, (_, index) => container({ id: `c${index}`, state: 'CONTAINER_EXITED' }))
  const { gaps } = await list(t, podAnswers([sandbox()], rows))

  t.match(gaps, [{ subject: /ListContainers$/, reason: 'too-large', affects: '*' }])
})

t.test('believes no status of another container', async (t) => {
  const answers = podAnswers([sandbox()], [container({ id: 'a' })])
  const { containers, gaps } = await list(t, {
    ...answers,
    ContainerStatus: () => container({ id: 'b', info: JSON.stringify({ pid: 1 }) }).status,
  })

  t.match(containers, [{}, { id: 'a', initPid: null }])
  t.match(gaps, [{ subject: /ContainerStatus$/, reason: 'malformed', affects: ['a'] }])
})

t.test('makes of a verbose info a gap, and of the rest a row, when it', async (t) => {
  const infos: Readonly<Record<string, readonly [string, string]>> = {
    'is no JSON': ['malformed', '{"pid": 7'],
    'is no object': ['malformed', '[]'],
    'is too long': ['too-large', `{"pid":7,"config":{},"x":"${'x'.repeat(1 << 20)}"}`],
    'is nested without end': ['malformed', '['.repeat(1 << 19)],
    'has a pid that is none': ['malformed', '{"pid":"1"}'],
    'has a pid out of range': ['malformed', '{"pid":1e300}'],
    'joins a pid namespace by a path': [
      'malformed',
      '{"pid":7,"config":{"linux":{"security_context":{"namespace_options":{"pid":3,"target_id":"../x"}}}}}',
    ],
    'has namespaces without end': [
      'malformed',
      JSON.stringify({ runtimeSpec: { linux: { namespaces: Array(100).fill({ type: 'pid' }) } } }),
    ],
  }
  for (const [what, [reason, info]] of Object.entries(infos)) {
    t.test(what, async (t) => {
      const { containers, gaps } = await list(t, podAnswers([sandbox()], [container({ id: 'a', info })]))

      const row = containers.find(({ id }) => id === 'a')
      t.match(row, {
        initPid: null,
        startedAt: 1,
        declared: { net: { declared: 'pod' }, mnt: { declared: 'unknown' } },
      })
      t.match(gaps, [{ source: 'cri', subject: /ContainerStatus$/, reason, affects: ['a'] }])
    })
  }
})

t.test('takes a pid of zero, or none, for none', async (t) => {
  for (const info of ['{"pid":0}', '{"pid":-1}', '{"pid":null}', '{}', 'null']) {
    const { containers } = await list(t, podAnswers([sandbox()], [container({ id: 'a', info })]))
    t.equal(containers.find(({ id }) => id === 'a')?.initPid, null, info)
  }
})

t.test('bounds what it says of an error that the runtime wrote', async (t) => {
  const error = Object.assign(new Error('x'), { code: 13, details: 'x'.repeat(4000) })
  const { gaps } = await list(t, { ...podAnswers([sandbox()], [container()]), ContainerStatus: () => error })

  t.ok((gaps[0]?.detail?.length ?? 0) <= 200)
  t.equal(gaps.length, 1)
})

async function list(t: Test, answers: Answers) {
  const { socketPath } = await fakeCri(t, answers)
  return await createCriSource({ socketPath, timeoutMs: 20_000 }).list(signal)
}
