import t from 'tap'
import { distinctTargets, withAnswers } from '../../src/agent/probe-answers.ts'
import { targetsOf } from '../../src/agent/probe-targets.ts'
import type { Port, ProbeAnswer } from '../../src/model/port.ts'
import { targetKey } from '../../src/probe/probe.ts'
import { node, port, snapshot, TAKEN_AT } from '../helpers/builders.ts'

const INTERFACES = [
  { name: 'lo', addresses: [{ family: 'ipv4', address: '127.0.0.1' }] },
  { name: 'docker0', addresses: [{ family: 'ipv4', address: '172.17.0.1' }] },
  {
    name: 'eth0',
    addresses: [
      { family: 'ipv6', address: 'fe80::1' },
      { family: 'ipv4', address: '192.0.2.10' },
      { family: 'ipv6', address: '2001:db8::10' },
    ],
  },
] as const

const looked = (...ports: readonly Port[]) => snapshot({ node: node({ interfaces: INTERFACES }), ports })

function asked(given: Partial<Port>): string[] {
  return distinctTargets(targetsOf(looked(port(given)))).map(targetKey)
}

t.test('asks a port of any address on loopback and where others look for the node', async (t) => {
  t.strictSame(asked({}), ['tcp/127.0.0.1/9002', 'tcp/192.0.2.10/9002'])
  t.strictSame(asked({ family: 'ipv6', hostAddress: '::', protocol: 'udp' }), ['udp/::1/9002', 'udp/2001:db8::10/9002'])
  t.strictSame(asked({ family: 'dual', hostAddress: '::' }), [
    'tcp/127.0.0.1/9002',
    'tcp/192.0.2.10/9002',
    'tcp/::1/9002',
    'tcp/2001:db8::10/9002',
  ])
  t.equal(asked({ family: 'unknown', hostAddress: '' }).length, 4)
})

t.test('asks a port of one address there', async (t) => {
  t.strictSame(asked({ hostAddress: '172.17.0.1' }), ['tcp/172.17.0.1/9002'])
  t.strictSame(asked({ hostAddress: '::ffff:192.0.2.10' }), ['tcp/192.0.2.10/9002'])
  t.strictSame(asked({ hostAddress: '192.0.2.10/32' }), ['tcp/192.0.2.10/9002'])
  t.strictSame(asked({ hostAddress: '127.0.0.0/8' }), ['tcp/127.0.0.1/9002'])
})

t.test('asks the beginning of a range', async (t) => {
  t.strictSame(asked({ hostAddress: '127.0.0.1', hostPort: 1, hostPortEnd: 2 }), ['tcp/127.0.0.1/1', 'tcp/127.0.0.1/2'])
  t.equal(asked({ hostAddress: '127.0.0.1', hostPort: 1, hostPortEnd: 60_000 }).length, 16)
})

t.test('asks nothing that may be answered by another node', async (t) => {
  const elsewhere = { targets: [{ address: '10.0.0.7', port: 80 }] }
  for (const mechanism of ['node-port', 'load-balancer', 'ipvs', 'nat-rule'] as const) {
    t.strictSame(asked({ mechanism, ...elsewhere }), [])
    t.strictSame(asked({ mechanism, targets: [] }), [])
    t.equal(asked({ mechanism, targets: [{ address: '10.0.0.7', port: 80, containerId: 'c0ffee' }] }).length, 2)
  }
  t.equal(asked({ mechanism: 'nat-rule', targets: [{ address: '192.0.2.10', port: 80 }] }).length, 2)
  t.strictSame(asked({ protocol: 'sctp' }), [])
})

t.test("asks nothing from outside of the host's net namespace", async (t) => {
  t.equal(targetsOf(snapshot({ node: node({ interfaces: [] }), ports: [port()] })).size, 0)
})

t.test('asks no more than so many targets', async (t) => {
  const many = Array.from({ length: 5000 }, (_, index) => port({ hostPort: index + 1, claim: `${index}` }))

  t.equal(distinctTargets(targetsOf(looked(...many))).length, 4096)
})

t.test('puts answers beside their ports, and says nothing of what was not asked', async (t) => {
  const ports = [port(), port({ hostAddress: '127.0.0.1', claim: 'other' }), port({ hostPort: 1 })]
  const given = looked(...ports)
  const targets = targetsOf(given)
  const answer = (address: string, outcome: ProbeAnswer['outcome']): ProbeAnswer => ({
    vantage: 'host',
    address,
    port: 9002,
    protocol: 'tcp',
    outcome,
    at: TAKEN_AT,
    latencyMs: 1,
  })
  const answers = [answer('127.0.0.1', 'open'), answer('192.0.2.10', 'not-asked')]

  const joined = withAnswers(given, targets, new Map(answers.map((one) => [targetKey(one), one])))

  t.strictSame(joined.ports, [{ ...ports[0], probe: [answers[0]] }, { ...ports[1], probe: [answers[0]] }, ports[2]])
})
