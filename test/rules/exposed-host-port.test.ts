import t from 'tap'
import { exposedHostPort } from '../../src/rules/exposed-host-port.ts'
import { baseline, container, HOST_INODES, port, privileges } from '../helpers/builders.ts'
import { hosts, listening, mapped, portHits, web } from '../helpers/port-hits.ts'

const NOWHERE = { outside: 'no', node: 'no', loopback: 'no' } as const
const PLAIN = container({ privileges: privileges({ effectiveCapabilities: '0000000000000000' }) })

t.test('hits a port that a runtime maps to a container, with the proof', async (t) => {
  const rules = ['-A DOCKER ! -i docker0 -p tcp -m tcp --dport 9002 -j DNAT --to-destination 172.17.0.2:8080']
  const listener = {
    netInode: HOST_INODES.net,
    family: 'ipv4',
    address: '0.0.0.0',
    port: 9002,
    protocol: 'tcp',
  } as const
  const listeners = [{ ...listener, socketInode: 77, owners: [] }]

  const [hit, ...others] = portHits(exposedHostPort, [mapped({ rules })], { listeners, baseline: baseline() })

  t.match(hit, {
    subject: { type: 'container', containerId: web.id, containerName: 'web' },
    fact: 'tcp/0.0.0.0/9002',
    severity: 'medium',
    summary: 'web answers on tcp 0.0.0.0:9002, by docker-nat',
    evidence: {
      mechanism: 'docker-nat',
      scope: 'any',
      declarations: ['docker of web for 0.0.0.0'],
      targets: ['172.17.0.2:8080 in web'],
      sockets: ['0.0.0.0 port 9002 inode 77'],
      rules,
    },
  })
  t.strictSame(others, [])
})

t.test('hits a declared socket in the host’s network, an implicitly declared one too', async (t) => {
  const declaredBy = [{ by: 'cri', containerId: web.id, implicit: true } as const]

  t.match(portHits(exposedHostPort, [listening({ declaredBy })]), [{ fact: 'tcp/0.0.0.0/9002' }])
})

t.test('leaves to other rules what nobody declared, nobody manages, nothing answers, or is a Service’s', async (t) => {
  t.strictSame(portHits(exposedHostPort, [listening()]), [])
  for (const mechanism of ['node-port', 'load-balancer', 'ipvs', 'nat-rule', 'none', 'unknown'] as const) {
    t.strictSame(portHits(exposedHostPort, [mapped({ mechanism })]), [], mechanism)
  }
  const silent = [{ address: '172.17.0.2', port: 8080, containerId: web.id, listening: false }]
  t.strictSame(portHits(exposedHostPort, [mapped({ targets: silent })]), [])
})

t.test('stays silent about ports without a container, and those that no packet reaches', async (t) => {
  t.strictSame(portHits(exposedHostPort, [hosts(), port({ claim: 'to/192.0.2.7/80/tcp' })]), [])
  t.strictSame(portHits(exposedHostPort, [mapped({ effective: NOWHERE })]), [])
})

t.test('tells of a socket whose container no runtime knows: there is no declaration to miss', async (t) => {
  const containers = [container({ sources: ['cgroups'] })]

  t.equal(portHits(exposedHostPort, [listening()], { containers }).length, 1)
})

t.test('tells where rules could not be read', async (t) => {
  const effective = { outside: 'unknown', node: 'unknown', loopback: 'unknown' } as const

  t.equal(portHits(exposedHostPort, [mapped({ effective })]).length, 1)
})

t.test('makes one finding of every address of both families', async (t) => {
  const both = [mapped({ hostAddress: '::', family: 'ipv6' }), mapped()]

  t.match(portHits(exposedHostPort, both), [{ fact: 'tcp/0.0.0.0/9002' }])
  t.equal(portHits(exposedHostPort, both).length, 1)
})

t.test('weighs by address, and by what the container may do', async (t) => {
  const inside = { outside: 'no', node: 'no', loopback: 'yes' } as const
  const severityOf = (given: Parameters<typeof mapped>[0], containers = [PLAIN]) =>
    portHits(exposedHostPort, [mapped(given)], { containers })[0]?.severity

  t.equal(severityOf({}), 'medium')
  t.equal(severityOf({ hostAddress: '192.0.2.10' }), 'low')
  t.equal(severityOf({ hostAddress: '127.0.0.1', effective: inside }), 'info')
  t.equal(severityOf({ effective: inside }), 'info')
  t.equal(
    severityOf({}, [container({ privileges: privileges({ effectiveCapabilities: '0000000000200000' }) })]),
    'high',
  )
  t.equal(severityOf({}, [container({ privileges: null })]), 'high')
})

t.test('names a range as one', async (t) => {
  t.match(portHits(exposedHostPort, [mapped({ hostPortEnd: 9010 })]), [{ fact: 'tcp/0.0.0.0/9002-9010' }])
})
