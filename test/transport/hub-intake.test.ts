import { once } from 'node:events'
import { type Test, t } from 'tap'
import { Intake } from '../../src/transport/intake.ts'
import { connectRaw, type StartedHub, startHub, welcomed } from '../helpers/hub.ts'
import { openTestStore, storeWith } from '../helpers/store.ts'
import { putFinding, quiet, recordingLog, testStream } from '../helpers/stream.ts'

const MOST_BYTES = 20_000
const PINGS = 4

interface Stalled extends StartedHub {
  readonly intake: Intake
  /** Of which nodes the store was asked to store a batch. */
  readonly asked: readonly string[]
  /** Settles when it is asked. */
  readonly asking: Promise<void>
  goOn(): void
}

/** Starts a hub with room for little, whose store stores no batch until it is let. */
async function startStalled(t: Test, log = quiet): Promise<Stalled> {
  const { store } = await openTestStore(t)
  const asking = Promise.withResolvers<void>()
  const goingOn = Promise.withResolvers<void>()
  const asked: string[] = []
  const stalled = storeWith(store, {
    apply: async (session, batch) => {
      asked.push(session.node)
      asking.resolve()
      await goingOn.promise
      return store.apply(session, batch)
    },
  })
  t.teardown(() => goingOn.resolve())
  const intake = new Intake(log, MOST_BYTES)
  const hub = await startHub(t, stalled, { intake, limits: { pingIntervalMs: 50 } })
  return { ...hub, intake, asked, asking: asking.promise, goOn: goingOn.resolve }
}

const large = (name: string) => putFinding(name, { summary: 'x'.repeat(MOST_BYTES) })

t.test('reads no agent while as much waits for the store as may be in memory, and then goes on', async (t) => {
  const log = recordingLog()
  const hub = await startStalled(t, log)
  const first = await welcomed(t, hub, 'first')
  const second = await welcomed(t, hub, 'second')
  first.send(first.stream.frame([large('a')]))
  await hub.asking
  t.equal(hub.intake.isFull, true)
  second.send(second.stream.frame([large('b')]))
  for (let ping = 0; ping < PINGS; ping += 1) await once(second.socket, 'ping')

  t.strictSame(hub.asked, ['first'], 'what the second sent is still in its socket')
  const third = await connectRaw(t, hub.url, 'third')
  third.send({ type: 'hello', ...testStream('third').hello() })
  t.match(await third.next('welcome'), { want: 'snapshot' }, 'a newcomer is welcomed meanwhile')
  hub.goOn()
  t.match(await first.next('ack'), { seq: 1 })
  t.match(await second.next('ack'), { seq: 1 })
  t.equal(hub.intake.bytes, 0)
  t.strictSame(hub.hub.figures.ended, {}, 'nobody was taken for silent')
  t.equal(log.lines.filter(([message]) => message.startsWith('the store is behind')).length, 2)
})

t.test('holds nothing any more of an agent that has gone', async (t) => {
  const hub = await startStalled(t)
  const first = await welcomed(t, hub, 'first')
  const second = await welcomed(t, hub, 'second')
  first.send(first.stream.frame([large('a')]))
  await hub.asking
  first.socket.terminate()
  second.send(second.stream.frame([large('b')]))
  hub.goOn()

  t.match(await second.next('ack'), { seq: 1 })
  t.equal(hub.intake.bytes, 0)
})

t.test('holds every reader from the bound on, and lets them go on at half of it', async (t) => {
  const intake = new Intake(quiet, 100)
  const told: string[] = []
  const reader = (name: string) => ({
    hold: () => told.push(`${name} holds`),
    release: () => told.push(`${name} reads`),
  })
  const [one, two, late] = [reader('one'), reader('two'), reader('late')]
  intake.join(one)
  intake.join(two)
  intake.add(100)
  t.strictSame(told, [])
  intake.add(1)
  intake.add(1)
  intake.join(late)
  intake.leave(two)
  intake.remove(51)
  t.strictSame(told, ['one holds', 'two holds', 'late holds'])
  intake.remove(1)

  t.strictSame(told.slice(3), ['one reads', 'late reads'])
})
