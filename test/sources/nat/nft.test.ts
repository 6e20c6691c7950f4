import { readFileSync } from 'node:fs'
import t from 'tap'
import { listMappings } from '../../../src/agent/nat/mappings.ts'
import { parseNft } from '../../../src/sources/nat/nft.ts'
import { NO_RULES } from '../../helpers/nat.ts'

const recorded = (name: string) =>
  readFileSync(new URL(`../../fixtures/nat/nft-1.0.6-${name}.json`, import.meta.url), 'utf8')

const KUBE_PROXY = recorded('kube-proxy')
const INET = recorded('inet')

/** Parses one rule, of a table with these sets. */
function rule(expr: readonly unknown[], ...sets: readonly unknown[]) {
  const place = { family: 'inet', table: 't', chain: 'pre' }
  const objects = [
    { table: { family: 'inet', name: 't' } },
    ...sets,
    { chain: { ...place, name: 'pre', type: 'nat', hook: 'prerouting', prio: -100 } },
    { rule: { ...place, expr } },
  ]
  return parseNft(JSON.stringify({ nftables: objects }))[0]?.rules ?? []
}

t.test('reads the chains of tables that do NAT, and none that filters', async (t) => {
  const chains = parseNft(INET)

  t.strictSame(
    chains.map(({ name, base }) => [name, base]),
    [
      ['side', undefined],
      ['pre', { hook: 'prerouting', priority: -110, policy: 'accept' }],
    ],
  )
})

t.test("lists kube-proxy's node ports and load balancers of nftables, and no address inside the cluster", async (t) => {
  const { mappings } = listMappings({ ...NO_RULES, chains: parseNft(KUBE_PROXY) })
  const rows = mappings.map(({ mechanism, hostAddress, hostPort, service, targets, hooks }) =>
    [
      mechanism,
      hostAddress,
      hostPort,
      service,
      ...targets.map(({ address, port, weight }) => `${address}:${port}×${weight}`),
      hooks.length,
    ].join(' '),
  )

  t.strictSame(rows, [
    'load-balancer 203.0.113.9 80 ns1/svc1:p80 10.180.0.1:80×0.5 10.180.0.2:80×0.5 2',
    'node-port 192.0.2.2 30080 ns1/svc1:p80 10.180.0.1:80×0.5 10.180.0.2:80×0.5 2',
    'node-port 192.0.2.3 30080 ns1/svc1:p80 10.180.0.1:80×0.5 10.180.0.2:80×0.5 2',
  ])
})

t.test(
  'understands every match of a table of all kinds, but what asks for marks, states of NAT or a default',
  async (t) => {
    const unknown = parseNft(INET).flatMap(({ rules }) =>
      rules.flatMap(({ matches, action }) => [
        ...matches.flatMap((match) => (match.on === 'unknown' ? [match.text] : [])),
        ...(action.do === 'unknown' ? [action.text] : []),
      ]),
    )

    t.strictSame(unknown, [
      'fib daddr . iif type local',
      'tcp dport map',
      'ct status dnat',
      'meta mark 1',
      'meta mark & 2 2',
    ])
  },
)

t.test('makes a rule of every element of a map, in words that tell which', async (t) => {
  const texts = parseNft(KUBE_PROXY).flatMap(({ rules }) => rules.map(({ text }) => text))

  t.ok(
    texts.includes(
      'add rule ip kube-proxy services ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports { tcp . 30080 : goto external-ULMVA6XW-ns1/svc1/tcp/p80 }',
    ),
  )
  t.ok(
    texts.includes(
      'add rule ip kube-proxy endpoint-A-default/kubernetes/tcp/https__192.0.2.2/6443 meta l4proto tcp dnat to 192.0.2.2:6443',
    ),
  )
})

t.test('leaves out the nat table of a family that iptables-save told, and a table that is dormant', async (t) => {
  const text = (family: string, table: object) =>
    JSON.stringify({
      nftables: [
        { table: { family, name: 'nat', ...table } },
        { chain: { family, table: 'nat', name: 'PREROUTING', type: 'nat', hook: 'prerouting', prio: -100 } },
      ],
    })

  t.equal(parseNft(text('ip', {}), ['ipv4']).length, 0)
  t.equal(parseNft(text('ip6', {}), ['ipv4']).length, 1)
  t.equal(parseNft(text('ip', {})).length, 1)
  t.equal(parseNft(text('ip', { flags: ['dormant'] })).length, 0)
})

t.test('takes what iptables-nft made for not understood, and never for nothing', async (t) => {
  const [made] = rule([
    { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'tcp' } },
    { xt: { type: 'match', name: 'multiport' } },
    { counter: {} },
    { xt: { type: 'target', name: 'DNAT' } },
  ])

  t.match(made, {
    matches: [{ on: 'protocol' }, { on: 'unknown', text: 'xt match multiport' }],
    action: { do: 'unknown' },
  })
})

t.test('takes a set that is not there, and a statement of another version, for not understood', async (t) => {
  const port = { payload: { protocol: 'tcp', field: 'dport' } }

  t.match(rule([{ match: { op: '==', left: port, right: '@gone' } }, { accept: null }]), [
    { matches: [{ on: 'unknown' }] },
  ])
  t.match(rule([{ novelty: {} }, { accept: null }]), [{ matches: [{ on: 'unknown' }] }])
  t.match(rule([{ vmap: { key: port, data: '@gone' } }]), [{ matches: [{ on: 'unknown' }], action: { do: 'unknown' } }])
})

t.test('sees through the counters, comments and ends of elements, and numbers for protocols', async (t) => {
  const elem = [{ elem: { val: 80, timeout: 30, expires: 3 } }, { elem: { val: { range: [90, 99] }, comment: 'x' } }]
  const set = { set: { family: 'inet', table: 't', name: 's', type: 'inet_service', elem } }
  const ports = { match: { op: '!=', left: { payload: { protocol: 'udp', field: 'dport' } }, right: '@s' } }
  const protocol = { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: { set: [6, 17] } } }

  const [made] = rule([protocol, ports, { drop: null }], set)

  t.strictSame(made?.matches, [
    { on: 'protocol', protocols: ['tcp', 'udp'], negated: false },
    { on: 'protocol', protocols: ['udp'], negated: false },
    {
      on: 'port',
      ranges: [
        [80, 80],
        [90, 99],
      ],
      negated: true,
    },
  ])
})

t.test('follows no rule that stands for too many', async (t) => {
  const left = (name: string) => ({
    concat: [{ payload: { protocol: 'ip', field: name } }, { payload: { protocol: 'tcp', field: 'dport' } }],
  })
  const elem = Array.from({ length: 300 }, (_, index) => ({ concat: ['10.0.0.1', index + 1] }))
  const set = { set: { family: 'inet', table: 't', name: 's', elem } }
  const match = (name: string) => ({ match: { op: '==', left: left(name), right: '@s' } })

  t.match(rule([match('saddr'), match('daddr'), { drop: null }], set), [{ action: { do: 'unknown' } }])
})
