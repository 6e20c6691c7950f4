import t from 'tap'
import { listMappings } from '../../../src/agent/nat/mappings.ts'
import { RECORDED, ruleset } from '../../helpers/rulesets.ts'

function mappings(text: string) {
  return listMappings(ruleset(text)).mappings
}

t.test('lists the host ports of a recorded node by who made them, and no address inside the cluster', async (t) => {
  const rows = mappings(RECORDED).map(
    ({ mechanism, hostAddress, hostPort, protocol, targets, containerHint, service, hooks, conditions }) =>
      [
        mechanism,
        `${protocol}/${hostAddress}/${hostPort}`,
        targets.map(({ address, port }) => `${address}:${port}`).join(),
        containerHint?.slice(0, 6) ?? service,
        hooks.length,
        ...conditions,
      ].join(' '),
  )

  t.strictSame(rows, [
    'node-port tcp/0.0.0.0/30080 10.88.0.5:8080 default/plain 2',
    'docker-nat tcp/0.0.0.0/9002 172.17.0.3:8080  2 not to 127.0.0.0/8',
    'cni-portmap-iptables tcp/0.0.0.0/19002 10.88.0.2:8080 b3af0a 2',
    'cni-portmap-iptables tcp/0.0.0.0/9010 10.88.0.9:8080 1c209f 2',
    'cni-portmap-iptables tcp/127.0.0.1/9011 10.88.0.8:8080 bcb3b8 2',
    'cni-portmap-iptables udp/0.0.0.0/9011 10.88.0.8:5353 bcb3b8 2',
  ])
})

t.test('keeps the rules on the way as evidence', async (t) => {
  const docker = mappings(RECORDED).find(({ mechanism }) => mechanism === 'docker-nat')

  t.strictSame(docker?.rules, [
    '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
    '-A DOCKER ! -i docker0 -p tcp -m tcp --dport 9002 -j DNAT --to-destination 172.17.0.3:8080',
    '-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER',
  ])
})

t.test('says nat-rule of a rule that no known manager made, with its ports, network and conditions', async (t) => {
  const rows = mappings(
    [
      '*nat',
      ':PREROUTING ACCEPT',
      '-A PREROUTING -d 192.0.2.0/24 -s 198.51.100.0/24 -p udp -m udp --dport 5000:5010 -j DNAT --to-destination 10.0.0.1:6000-6010/5000',
      '-A PREROUTING -p tcp -m set --match-set a dst -m multiport --dports 80,443 -j REDIRECT --to-ports 8080',
      'COMMIT',
    ].join('\n'),
  )

  t.match(rows, [
    {
      mechanism: 'nat-rule',
      hostAddress: '192.0.2.0/24',
      hostPort: 5000,
      hostPortEnd: 5010,
      protocol: 'udp',
      targets: [{ address: '10.0.0.1', port: 6000 }],
      conditions: ['from 198.51.100.0/24'],
      hooks: ['prerouting'],
    },
    {
      mechanism: 'nat-rule',
      hostAddress: '0.0.0.0',
      hostPort: 80,
      protocol: 'tcp',
      targets: [{ port: 8080 }],
      conditions: [/match-set a/],
    },
    { mechanism: 'nat-rule', hostPort: 443 },
  ])
  t.equal(rows.length, 3)
})
