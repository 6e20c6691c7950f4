import { networkInterfaces } from 'node:os'
import t from 'tap'
import type { ProbeAnswer } from '../../src/model/port.ts'
import { BY_HAND } from '../../src/probe/bounds.ts'
import { readOwnAddresses } from '../../src/probe/own-addresses.ts'
import type { Exclusion, ProbeTarget } from '../../src/probe/probe.ts'
import { createProber } from '../../src/probe/prober.ts'
import { TAKEN_AT } from '../helpers/builders.ts'
import { serveTcp } from '../helpers/servers.ts'

const NEVER = new AbortController().signal

const target = (given: Partial<ProbeTarget>): ProbeTarget => ({
  address: '127.0.0.1',
  port: 1,
  protocol: 'tcp',
  ...given,
})
const now = () => TAKEN_AT

t.test('knows loopback and its interfaces from everybody else', async (t) => {
  const isOwn = readOwnAddresses(['192.0.2.7'])
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses)

  for (const { address } of interfaces) t.ok(isOwn(address), address)
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '192.0.2.7'])
    t.ok(isOwn(address), address)
  for (const address of [
    '192.0.2.8',
    '0.0.0.0',
    '::',
    '::ffff:192.0.2.8',
    '2001:db8::1',
    'localhost',
    '',
    '224.0.0.1',
  ]) {
    t.notOk(isOwn(address), address)
  }
  t.ok(isOwn('::1%lo'))
})

t.test('opens nothing to an address that is not its own', async (t) => {
  const prober = createProber({ bounds: BY_HAND, now })
  const others = ['192.0.2.1', '2001:db8::1', '0.0.0.0', 'node.example'].map((address) => target({ address, port: 80 }))
  const targets = [...others, target({ address: '192.0.2.1', port: 53, protocol: 'udp' })]

  const since = performance.now()
  const answers = await prober.probe(targets, 'identify', NEVER)

  // A packet to a documentation address would be waited for.
  t.ok(performance.now() - since < BY_HAND.connectMs)
  for (const answer of answers) t.match(answer, { outcome: 'not-asked', detail: 'no address of this node' })
  t.equal(answers.length, targets.length)
})

t.test('asks nothing that is excluded, and nothing by SCTP', async (t) => {
  let connections = 0
  const port = await serveTcp(t, () => {
    connections += 1
  })
  const asking = async (exclude: readonly Exclusion[], given: Partial<ProbeTarget> = {}) => {
    const prober = createProber({ bounds: BY_HAND, exclude, now })
    const [answer] = await prober.probe([target({ port, ...given })], 'connect', NEVER)
    return answer?.outcome
  }

  t.equal(await asking([{ ports: [port, port] }]), 'not-asked')
  t.equal(await asking([{ address: '127.0.0.1' }]), 'not-asked')
  t.equal(await asking([{ ports: [1, 65_535], protocol: 'tcp' }]), 'not-asked')
  t.equal(await asking([], { protocol: 'sctp' }), 'not-asked')
  t.equal(connections, 0)
  t.equal(await asking([{ address: '127.0.0.2' }, { ports: [port, port], protocol: 'udp' }]), 'open')
})

t.test('answers in the order of the targets, and tells of each answer as it comes', async (t) => {
  const ports = await Promise.all([1, 2, 3].map(() => serveTcp(t, (socket) => socket.end('hi\n'))))
  const told: ProbeAnswer[] = []
  const prober = createProber({ bounds: BY_HAND, vantage: 'container:c0ffee', now })

  const targets = ports.map((port) => target({ port }))
  const answers = await prober.probe(targets, 'identify', NEVER, (answer) => told.push(answer))

  t.strictSame(
    answers.map(({ port }) => port),
    ports,
  )
  t.strictSame(new Set(told), new Set(answers))
  for (const answer of answers) t.match(answer, { vantage: 'container:c0ffee', at: TAKEN_AT, outcome: 'open' })
})

t.test('asks no more at the same time than it may', async (t) => {
  let open = 0
  let most = 0
  const port = await serveTcp(t, (socket) => {
    open += 1
    most = Math.max(most, open)
    socket.resume().on('close', () => {
      open -= 1
    })
  })
  const bounds = { ...BY_HAND, concurrency: 2, greetingMs: 20, answerMs: 20 }

  await createProber({ bounds, now }).probe(Array(16).fill(target({ port })), 'identify', NEVER)

  // Whoever serves hears of the end a little later than who made it.
  t.ok(most >= 2 && most <= 4, `${most} connections at once`)
})

t.test('begins no more in a second than it may', async (t) => {
  const port = await serveTcp(t, () => undefined)
  const since = performance.now()

  await createProber({ bounds: { ...BY_HAND, perSecond: 50 }, now }).probe(
    Array(11).fill(target({ port })),
    'connect',
    NEVER,
  )

  t.ok(performance.now() - since >= 195)
})

t.test('gives what it has when it is ended, and says of the rest that it was not asked', async (t) => {
  const controller = new AbortController()
  const port = await serveTcp(t, (socket) => socket.once('data', () => controller.abort()))
  const prober = createProber({ bounds: { ...BY_HAND, concurrency: 1 }, now })

  const answers = await prober.probe(
    [target({ port }), target({ port }), target({ port })],
    'identify',
    controller.signal,
  )

  t.strictSame(
    answers.map(({ outcome }) => outcome),
    ['open', 'not-asked', 'not-asked'],
  )
  t.match(answers[1], { detail: 'no time was left' })
})

t.test('does not call silent who was not listened to for as long as he may take', async (t) => {
  const controller = new AbortController()
  const port = await serveTcp(t, (socket) => socket.once('data', () => controller.abort()))

  const [answer] = await createProber({ bounds: BY_HAND, now }).probe([target({ port })], 'identify', controller.signal)

  t.match(answer, { outcome: 'open', detail: 'no time was left to identify it' })
  t.notOk(answer !== undefined && 'identity' in answer)
})
