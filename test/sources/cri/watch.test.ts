import { once } from 'node:events'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { createCriSource } from '../../../src/sources/cri/cri.ts'
import { followCauses } from '../../helpers/causes.ts'
import { type Answers, type FakeCri, fakeCri } from '../../helpers/containerd-fake.ts'
import { hostileSocket } from '../../helpers/containerd-hostile.ts'
import { recordedEvents } from '../../helpers/containerd-recording.ts'
import { container, podAnswers, sandbox } from '../../helpers/containerd-samples.ts'
import { until } from '../../helpers/containerd-until.ts'

const EMPTY = podAnswers([], [])
const WITH_EVENTS = { ...EMPTY, GetContainerEvents: () => [] }
const POLL_MS = 20

t.test('tells of every start and end, by the recorded events of a pod', async (t) => {
  const cri = await fakeCri(t, WITH_EVENTS)
  const causes = await follow(t, cri)
  for (const event of recordedEvents()) cri.send({ ...event, createdAt: nanoseconds(Date.now() + 1) })

  t.equal(await causes.next(), 'cri start 026d2abfabfb')
  t.equal(await causes.next(), 'cri start d26d49598d29')
  t.equal(await causes.next(), 'cri stop d26d49598d29')
  t.equal(await causes.next(), 'cri stop 026d2abfabfb')
})

t.test('ignores what happened before it came, which the first subscriber is sent', async (t) => {
  const cri = await fakeCri(t, { ...EMPTY, GetContainerEvents: recordedEvents })
  const causes = await follow(t, cri)
  cri.send(started('fresh'))

  t.equal(await causes.next(), 'cri start fresh')
})

t.test('ignores events that are none', async (t) => {
  const cri = await fakeCri(t, WITH_EVENTS)
  const causes = await follow(t, cri)
  cri.send({ ...started('x'), containerEventType: 77 })
  cri.send(started('../x'))
  cri.send(started('good'))

  t.equal(await causes.next(), 'cri start good')
})

t.test('connects again when the runtime was gone, and says that it may have missed something', async (t) => {
  const cri = await fakeCri(t, WITH_EVENTS)
  const causes = await follow(t, cri)
  await cri.die()
  await cri.revive()
  t.equal(await causes.next(), 'cri events again')

  await until(() => cri.subscribers() > 0)
  cri.send(started('later'))
  t.equal(await causes.next(), 'cri start later')
})

t.test('waits for a runtime that comes later', async (t) => {
  const cri = await fakeCri(t, WITH_EVENTS)
  await cri.die()
  const nobody = createServer((socket) => socket.destroy()).listen(cri.socketPath)
  const refused = once(nobody, 'connection')
  const causes = followCauses(t, createCriSource({ socketPath: cri.socketPath }))
  await refused
  nobody.close()
  await once(nobody, 'close')
  await cri.revive()

  t.equal(await causes.next(), 'cri events again')
})

t.test('compares lists where the runtime', async (t) => {
  const version = (runtimeName: string, runtimeVersion: string) => ({
    Version: () => ({ runtimeName, runtimeVersion }),
  })
  const runtimes: Readonly<Record<string, Answers>> = {
    'has no events (containerd 1.6)': { ...EMPTY, ...version('containerd', '1.6.20~ds1') },
    'has no events and says so when asked': { ...EMPTY, ...version('containerd', '2.0.0') },
    'would take them from the kubelet (containerd 1.7)': { ...WITH_EVENTS, ...version('containerd', 'v1.7.27') },
  }
  for (const [what, answers] of Object.entries(runtimes)) {
    t.test(what, async (t) => {
      const cri = await fakeCri(t, answers)
      const causes = followCauses(t, createCriSource({ socketPath: cri.socketPath, pollMs: POLL_MS }))
      await polled(cri)
      t.equal(cri.subscribers(), 0)

      cri.answerWith({ ...answers, ...podLists('s', 'a') })
      t.equal(await causes.next(), 'cri start web')
      t.equal(await causes.next(), 'cri start app')
      cri.answerWith({ ...answers, ...podLists('s', 'b') })
      t.equal(await causes.next(), 'cri start app')
      t.equal(await causes.next(), 'cri stop app')
    })
  }
})

t.test(
  'compares lists where the runtime ends the stream in good order, as CRI-O does whose events are off',
  async (t) => {
    const cri = await fakeCri(t, WITH_EVENTS)
    const causes = await follow(t, cri)
    cri.endEvents()
    await polled(cri)
    cri.answerWith({ ...WITH_EVENTS, ...podLists('s', 'a') })

    t.equal(await causes.next(), 'cri start web')
  },
)

t.test('tells that something changed while a runtime that it polls was away', async (t) => {
  const cri = await fakeCri(t, EMPTY)
  const causes = followCauses(t, createCriSource({ socketPath: cri.socketPath, pollMs: POLL_MS }))
  await polled(cri)
  await cri.die()
  cri.answerWith(podLists('s', 'a'))
  await cri.revive()

  // Which of the two depends on whether a poll fell into the gap.
  t.match(await causes.next(), /^cri (events again|start web)$/)
})

t.test('ends with its signal, whatever it waits for', async (t) => {
  const following = await fakeCri(t, WITH_EVENTS)
  const polling = await fakeCri(t, EMPTY)
  const silent = await hostileSocket(t, () => undefined)
  const paths = [following.socketPath, polling.socketPath, silent, `${silent}.none`]
  const watches = paths.map((socketPath) => followCauses(t, createCriSource({ socketPath, timeoutMs: 60_000 })))
  await until(() => following.subscribers() > 0)
  await until(() => polling.asked.includes('ListContainers'))

  await Promise.all(watches.map((watch) => watch.stop()))
  t.pass()
})

/** Follows a fake runtime, once it has a subscriber. */
async function follow(t: Test, cri: FakeCri) {
  const causes = followCauses(t, createCriSource({ socketPath: cri.socketPath, pollMs: POLL_MS }))
  await until(() => cri.subscribers() > 0)
  return causes
}

/** Waits until a list has been read, and the next one begun. */
async function polled(cri: FakeCri): Promise<void> {
  await until(() => cri.asked.filter((method) => method === 'ListContainers').length > 1)
}

function podLists(sandboxId: string, containerId: string): Answers {
  return podAnswers([sandbox({ id: sandboxId })], [container({ id: containerId, podSandboxId: sandboxId })])
}

function started(containerId: string): object {
  return { containerId, containerEventType: 'CONTAINER_STARTED_EVENT', createdAt: nanoseconds(Date.now() + 1) }
}

function nanoseconds(milliseconds: number): string {
  return `${milliseconds}000000`
}
