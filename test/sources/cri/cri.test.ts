import t, { type Test } from 'tap'
import { createCriSource } from '../../../src/sources/cri/cri.ts'
import { CRI_SOCKETS } from '../../../src/sources/cri/socket.ts'
import { type Answers, fakeCri, refusal } from '../../helpers/containerd-fake.ts'
import { container, podAnswers, sandbox } from '../../helpers/containerd-samples.ts'

const signal = AbortSignal.timeout(120_000)

t.test('looks where crictl looks, in its order, before anywhere else', async (t) => {
  t.strictSame(CRI_SOCKETS.slice(0, 3), [
    '/run/containerd/containerd.sock',
    '/run/crio/crio.sock',
    '/var/run/cri-dockerd.sock',
  ])
})

t.test('tells nothing of a runtime that is not there, unless somebody named it', async (t) => {
  const socketPath = `${t.testdirName}/none.sock`

  t.strictSame(await createCriSource({ socketPath }).list(signal), { containers: [], gaps: [] })
  t.match(await createCriSource({ socketPath, required: true }).list(signal), {
    containers: [],
    gaps: [{ source: 'cri', subject: socketPath, reason: 'missing', affects: '*' }],
  })
})

t.test('tells nothing of a containerd that has no CRI plugin, unless somebody named it', async (t) => {
  const { socketPath } = await fakeCri(t, {})

  t.strictSame(await createCriSource({ socketPath }).list(signal), { containers: [], gaps: [] })
  t.match(await createCriSource({ socketPath, required: true }).list(signal), {
    gaps: [{ subject: socketPath, reason: 'unsupported', affects: '*' }],
  })
})

t.test('tells the last containers, beside a gap, of a runtime that was there', async (t) => {
  const cri = await fakeCri(t, podAnswers([sandbox()], [container()]))
  const source = createCriSource({ socketPath: cri.socketPath })
  const before = await source.list(signal)

  t.test('and loses its CRI plugin', async (t) => {
    cri.answerWith({})
    const after = await source.list(signal)

    t.strictSame(after.containers, before.containers)
    t.match(after.gaps, [{ subject: cri.socketPath, reason: 'unsupported', affects: '*' }])
  })

  t.test('and refuses to list', async (t) => {
    cri.answerWith({ ...podAnswers([], []), ListContainers: () => refusal('PERMISSION_DENIED') })
    const after = await source.list(signal)

    t.strictSame(after.containers, before.containers)
    t.match(after.gaps, [{ subject: cri.socketPath, reason: 'denied', affects: '*' }])
  })

  t.test('and ends', async (t) => {
    await cri.die()
    const after = await source.list(signal)

    t.equal(after.containers.length, 2)
    t.strictSame(after.containers, before.containers)
    t.match(after.gaps, [{ subject: cri.socketPath, reason: 'missing', affects: '*' }])
  })

  t.test('and finds it again at once when it is back', async (t) => {
    cri.answerWith(podAnswers([sandbox()], []))
    await cri.revive()
    const after = await source.list(signal)

    t.match(after, { containers: [{ role: 'sandbox' }], gaps: [] })
    t.equal(after.containers.length, 1)
  })
})

t.test('describes by its row in the list, beside a gap, what it cannot ask for', async (t) => {
  const answers = podAnswers([sandbox({ id: 's' })], [container({ id: 'a', podSandboxId: 's' })])
  const { containers, gaps } = await list(t, {
    ...answers,
    PodSandboxStatus: () => refusal('UNKNOWN', 'broken'),
    ContainerStatus: () => refusal('UNKNOWN', 'broken too'),
  })

  const unknown = { net: { declared: 'unknown', by: null }, pid: { declared: 'unknown', by: null } }
  t.match(containers, [
    { id: 's', role: 'sandbox', initPid: null, declared: unknown, pod: { name: 'web' } },
    { id: 'a', role: 'container', initPid: null, declared: unknown, pod: { name: 'web', container: 'app' } },
  ])
  t.match(gaps, [
    { subject: /PodSandboxStatus$/, reason: 'malformed', affects: ['s', 'a'], detail: 'broken' },
    { subject: /ContainerStatus$/, reason: 'malformed', affects: ['a'], detail: 'broken too' },
  ])
})

t.test('asks again for what could not be read whole, and for another container or state of the same id', async (t) => {
  const good = podAnswers([sandbox()], [container({ id: 'a', createdAt: '1000000' })])
  const cri = await fakeCri(t, { ...good, ContainerStatus: () => refusal('INTERNAL') })
  const source = createCriSource({ socketPath: cri.socketPath })
  const asksAgain = async () => {
    const before = cri.asked.length
    await source.list(signal)
    return cri.asked.slice(before).includes('ContainerStatus a')
  }
  t.ok(await asksAgain())

  cri.answerWith(good)
  t.ok(await asksAgain())
  t.notOk(await asksAgain())

  cri.answerWith(podAnswers([sandbox()], [container({ id: 'a', createdAt: '2000000' })]))
  t.ok(await asksAgain())
  cri.answerWith(podAnswers([sandbox()], [container({ id: 'a', createdAt: '2000000', state: 'CONTAINER_UNKNOWN' })]))
  t.ok(await asksAgain())
})

async function list(t: Test, answers: Answers) {
  const { socketPath } = await fakeCri(t, answers)
  return await createCriSource({ socketPath }).list(signal)
}
