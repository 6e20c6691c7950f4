import t from 'tap'
import { NO_RULES } from '../../helpers/nat.ts'
import { chainsOf, endsOf, follow, NODE, RECORDED, ruleset, table } from '../../helpers/rulesets.ts'

const WAYS = [
  ['outside', NODE, 30_080, 'tcp', '10.88.0.5 8080'],
  ['node', NODE, 30_080, 'tcp', '10.88.0.5 8080'],
  ['node', '127.0.0.1', 30_080, 'tcp', '10.88.0.5 8080'],
  ['outside', NODE, 9010, 'tcp', '10.88.0.9 8080'],
  ['outside', NODE, 9011, 'tcp', 'local'],
  ['node', '127.0.0.1', 9011, 'tcp', '10.88.0.8 8080'],
  ['node', '127.0.0.1', 9011, 'udp', '10.88.0.8 5353'],
  ['outside', NODE, 9002, 'tcp', '172.17.0.3 8080'],
  ['node', NODE, 9002, 'tcp', '172.17.0.3 8080'],
  ['node', '127.0.0.1', 9002, 'tcp', 'local'],
  ['outside', NODE, 80, 'tcp', 'local'],
  ['outside', '127.0.0.1', 30_080, 'tcp', 'dropped'],
] as const

for (const [from, address, port, protocol, expected] of WAYS) {
  t.test(`on the recorded node, ${protocol} from ${from} to ${address}:${port} comes to ${expected}`, async (t) => {
    const route = follow(ruleset(RECORDED, { routeLocalnet: ['all'] }), { from, address, port, protocol })

    t.strictSame(endsOf(route), [expected])
    if (route.outcome === 'sent') t.strictSame(route.conditions, [])
  })
}

t.test('lets the first rule decide, in both orders', async (t) => {
  const first = '-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.1:1'
  const second = '-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.2:2'

  t.match(follow(ruleset(table(first, second)), {}), { targets: [{ address: '10.0.0.1', port: 1 }] })
  t.match(follow(ruleset(table(second, first)), {}), { targets: [{ address: '10.0.0.2', port: 2 }] })
})

t.test('comes back behind a jump, and not behind a goto', async (t) => {
  const rest = ['-A SIDE -j RETURN', '-A PREROUTING -j DNAT --to-destination 10.0.0.1']

  t.match(follow(ruleset(table('-A PREROUTING -j SIDE', ...rest)), {}), { outcome: 'sent' })
  t.match(follow(ruleset(table('-A PREROUTING -g SIDE', ...rest)), {}), { outcome: 'local' })
})

t.test('leaves a packet to the listener once a rule accepts it', async (t) => {
  const rules = table('-A PREROUTING -p tcp -j ACCEPT', '-A PREROUTING -j DNAT --to-destination 10.0.0.1')

  t.match(follow(ruleset(rules), {}), { outcome: 'local' })
  t.match(follow(ruleset(rules), { protocol: 'udp' }), { outcome: 'sent' })
})

t.test('shares packets by chance, as each rule lets through what those before it left', async (t) => {
  const route = follow(
    ruleset(
      table(
        '-A PREROUTING -m statistic --mode random --probability 0.25 -j DNAT --to-destination 10.0.0.1',
        '-A PREROUTING -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.0.0.2',
      ),
    ),
    {},
  )

  t.strictSame(
    { ...route, rules: [] },
    {
      outcome: 'sent',
      targets: [
        { address: '10.0.0.1', port: 80, weight: 0.25 },
        { address: '10.0.0.2', port: 80, weight: 0.375 },
      ],
      rules: [],
      conditions: [],
      rest: 'local',
    },
  )
})

t.test('names the condition under which a rule sends, and what becomes of the rest', async (t) => {
  const rules = ruleset(table('-A PREROUTING -s 198.51.100.0/24 -j DNAT --to-destination 10.0.0.1'))

  t.match(follow(rules, {}), { outcome: 'sent', conditions: ['from 198.51.100.0/24'], rest: 'local' })
  t.notOk('rest' in follow(rules, { source: '198.51.100.7' }), 'a sender that is known needs no condition')
  t.match(follow(rules, { source: '203.0.113.7' }), { outcome: 'local' })
})

t.test('guesses nothing where a match is not understood and something hangs on it', async (t) => {
  const reason = '-m set --match-set blocked src'
  const hidden = [`-A PREROUTING ${reason} -j RETURN`, '-A PREROUTING -j DNAT --to-destination 10.0.0.1']

  t.strictSame(follow(ruleset(table(...hidden)), {}), { outcome: 'unknown', reason })
  t.match(follow(ruleset(table(...hidden.toReversed())), {}), { outcome: 'sent' }, 'it is never asked')
  t.match(follow(ruleset(table(`-A PREROUTING -p udp ${reason} -j RETURN`, ...hidden.slice(1))), {}), {
    outcome: 'sent',
  })
  t.match(follow(ruleset(table(`-A PREROUTING ${reason} -j MARK --set-mark 1`, ...hidden.slice(1))), {}), {
    outcome: 'sent',
  })
  t.match(follow(ruleset(table(`-A PREROUTING ${reason} -j DNAT --to-destination 10.0.0.1`, ...hidden.slice(1))), {}), {
    outcome: 'sent',
    targets: [{ address: '10.0.0.1', port: 80 }],
  })
  t.match(
    follow(
      ruleset(
        table(
          '-A SIDE -m set --match-set a src -j RETURN',
          '-A SIDE -j DNAT --to-destination 10.0.0.1',
          '-A PREROUTING -j SIDE',
        ),
      ),
      {},
    ),
    { outcome: 'unknown' },
    'nor behind a jump',
  )
})

t.test('does not choose between two tables of one priority that disagree', async (t) => {
  const to = (address: string) => table(`-A PREROUTING -p tcp -j DNAT --to-destination ${address}`)
  const both = (other: string) => ({
    ...NO_RULES,
    chains: [...chainsOf(to('10.0.0.1')), ...chainsOf(to(other), 'iptables-legacy')],
  })

  t.match(follow(both('10.0.0.2'), {}), { outcome: 'unknown', reason: /one priority/ })
  t.match(follow(both('10.0.0.1'), {}), { outcome: 'sent' })
  t.match(follow(both('10.0.0.2'), { protocol: 'udp' }), { outcome: 'local' })
})

t.test('loses what leaves loopback, unless route_localnet lets it go', async (t) => {
  const rules = table('-A OUTPUT -p tcp -j DNAT --to-destination 10.0.0.1')
  const packet = { from: 'node', address: '127.0.0.1' } as const

  t.match(follow(ruleset(rules, { routeLocalnet: [] }), packet), { outcome: 'dropped' })
  t.match(follow(ruleset(rules, { routeLocalnet: null }), packet), { outcome: 'unknown' })
  t.match(follow(ruleset(rules, { routeLocalnet: ['cni0'] }), packet), { outcome: 'sent', conditions: [/cni0/] })
  t.match(follow(ruleset(rules, { routeLocalnet: ['all'] }), packet), { outcome: 'sent', conditions: [] })
})

t.test('says unknown where something else forwards packets too', async (t) => {
  const rules = ruleset(table('-A PREROUTING -j DNAT --to-destination 10.0.0.1'), {
    datapaths: [{ name: 'cilium', evidence: 'interface cilium_host' }],
  })

  t.match(follow(rules, {}), { outcome: 'unknown', reason: /cilium/ })
})

t.test('gives up on rules that lead in circles', async (t) => {
  t.match(follow(ruleset(table('-A PREROUTING -j A', '-A A -j B', '-A A -p tcp -j DROP', '-A B -j A')), {}), {
    outcome: 'unknown',
  })
})
