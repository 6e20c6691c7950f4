import t from 'tap'
import type { Forwarder } from '../../../src/model/forwarder.ts'
import {
  dnat,
  dockerRules,
  dockers,
  joined,
  lineOf,
  NODE,
  published,
  SERVER,
  socket,
  WEB,
  WEB_NET,
} from '../../helpers/joined.ts'
import { RECORDED, ruleset, table } from '../../helpers/rulesets.ts'
import { idOf, row, running } from '../../helpers/tasks.ts'

t.test('names a pod by its sandbox: the socket’s container, or the only one, stands behind it', async (t) => {
  const pod = { namespace: 'default', name: 'web-1', uid: 'u', container: 'web', static: false, proof: 'cri' } as const
  const pause = idOf('f')
  const processes = [
    running({ pid: 9, id: pause, namespaces: { net: WEB_NET } }),
    running({ pid: 10, id: WEB, namespaces: { net: WEB_NET } }),
  ]
  const sandbox = row({ id: pause, role: 'sandbox', source: 'cri', initPid: 9, pod: { ...pod, container: 'POD' } })
  const rows = [
    { ...sandbox, addresses: ['10.88.0.9'], ports: [published(9010, { hostAddress: '', containerPort: 8080 })] },
    row({ id: WEB, source: 'cri', initPid: 10, sandboxId: pause, pod }),
  ]
  const rules = ruleset(
    table(
      '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
      '-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
      `-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"podnet\\" id: \\"${pause}\\"" -m multiport --dports 9010 -j CNI-DN-1`,
      '-A CNI-DN-1 -p tcp -m tcp --dport 9010 -j DNAT --to-destination 10.88.0.9:8080',
    ),
    { routeLocalnet: ['all'] },
  )

  const { ports } = joined({ processes, rows, rules, listeners: [] })

  t.match(ports, [
    {
      mechanism: 'cni-portmap-iptables',
      claim: `${pause}/8080/tcp`,
      effective: { outside: 'yes', node: 'yes', loopback: 'yes' },
      targets: [{ containerId: WEB, listening: false }],
      owners: [{ role: 'target', containerId: WEB, pod: 'default/web-1' }],
      declaredBy: [{ by: 'cri', containerId: pause }],
    },
  ])
})

t.test('knows a back-filled port of hostNetwork for what it is: the listener’s, declared implicitly', async (t) => {
  const pause = idOf('f')
  const processes = [running({ pid: 9, id: pause }), running({ pid: 10, id: WEB })]
  const ports = [published(6443, { hostAddress: '', containerPort: 6443, implicit: true })]
  const rows = [
    row({ id: pause, role: 'sandbox', source: 'cri', initPid: 9, declared: { net: 'host' }, addresses: [NODE], ports }),
    row({ id: WEB, source: 'cri', initPid: 10, sandboxId: pause, declared: { net: 'host' } }),
  ]
  const owners = [{ role: 'listener' as const, containerId: WEB, pid: 10, comm: 'apiserver' }]

  const found = joined({ processes, rows, listeners: [socket(6443, { family: 'unknown', address: '::', owners })] })

  t.match(found.ports, [
    { mechanism: 'host-listener', claim: `${pause}/6443/tcp`, declaredBy: [{ by: 'cri', implicit: true }] },
  ])
})

t.test('joins conmon’s placeholder to the rule that serves its container’s port', async (t) => {
  const conmon: Forwarder = { kind: 'conmon', containerId: WEB }
  const owners = [{ role: 'listener' as const, pid: 600, comm: 'conmon' }]
  const given = {
    rows: dockers([published(8080, { hostAddress: '' })]),
    listeners: [SERVER, socket(8080, { family: 'unknown', address: '::', owners })],
    forwarders: new Map([[600, conmon]]),
  } as const

  const { ports } = joined({ ...given, rules: dockerRules(dnat(8080, '172.17.0.2:80')) })
  const alone = joined(given)

  t.strictSame(ports.map(lineOf), ['tcp 0.0.0.0:8080 docker-nat web/80/tcp yes/yes/no'])
  t.match(ports[0]?.owners.at(-1), { role: 'placeholder', comm: 'conmon' })
  t.match(alone.ports, [{ mechanism: 'none', owners: [{ role: 'placeholder' }], declaredBy: [{ containerId: WEB }] }])
})

t.test('gives a user’s forwarder to the user’s container that declares the port', async (t) => {
  const owners = [{ role: 'listener' as const, pid: 600, comm: 'pasta' }]
  const given = { listeners: [socket(8080, { owners })], forwarders: new Map([[600, { kind: 'rootless' } as const]]) }
  const rows = dockers([published(8080)], [], { runtime: { name: 'podman', user: '1000' } })

  t.match(joined({ ...given, rows }).ports, [
    { mechanism: 'rootlessport', claim: `${WEB}/80/tcp`, owners: [{ role: 'forwarder' }, { containerId: WEB }] },
  ])
  t.match(joined(given).ports, [{ mechanism: 'rootlessport', claim: 'rootless/8080/tcp', declaredBy: [] }])
})

t.test('never mixes up hostPorts and NodePorts of a recorded node', async (t) => {
  const { ports } = joined({ rules: ruleset(RECORDED, { routeLocalnet: ['all'] }), listeners: [] })
  const proxied = joined({
    rules: ruleset(RECORDED, { routeLocalnet: ['all'] }),
    listeners: [socket(30080, { owners: [{ role: 'listener', pid: 5, comm: 'kube-proxy' }] })],
  })

  t.strictSame(
    ports.map(({ hostPort, protocol, mechanism, claim }) => [hostPort, protocol, mechanism, claim]),
    [
      [9002, 'tcp', 'docker-nat', 'to/172.17.0.3/8080/tcp'],
      [9010, 'tcp', 'cni-portmap-iptables', 'to/10.88.0.9/8080/tcp'],
      [9011, 'tcp', 'cni-portmap-iptables', 'to/10.88.0.8/8080/tcp'],
      [9011, 'udp', 'cni-portmap-iptables', 'to/10.88.0.8/5353/udp'],
      [19002, 'tcp', 'cni-portmap-iptables', 'to/10.88.0.2/8080/tcp'],
      [30080, 'tcp', 'node-port', 'service/default/plain/tcp'],
    ],
  )
  t.match(
    proxied.ports.find(({ hostPort }) => hostPort === 30080),
    { mechanism: 'node-port', owners: [{ role: 'placeholder', comm: 'kube-proxy' }] },
  )
  t.equal(proxied.ports.length, ports.length)
})

t.test('follows a REDIRECT to whoever listens there', async (t) => {
  const rules = ruleset(table('-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 22'))

  const { ports } = joined({ rules, listeners: [socket(22)] })

  t.match(
    ports.find(({ mechanism }) => mechanism === 'nat-rule'),
    {
      hostPort: 80,
      owners: [{ role: 'target', comm: 'sshd' }],
      effective: { outside: 'yes', node: 'no' },
    },
  )
})
