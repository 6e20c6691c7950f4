import { readFileSync } from 'node:fs'
import t from 'tap'
import { type IptablesOrigin, parseIptables } from '../../../src/sources/nat/iptables.ts'

const ORIGIN: IptablesOrigin = { backend: 'iptables-nft', family: 'ipv4' }

const recorded = readFileSync(new URL('../../fixtures/nat/iptables-nft-1.8.9-node.txt', import.meta.url), 'utf8')

/** Parses rules of one chain beside some that they may jump to. */
function rules(...lines: readonly string[]) {
  const text = ['*nat', ':PREROUTING ACCEPT [0:0]', ':DOCKER - [0:0]', ...lines, 'COMMIT', ''].join('\n')
  return parseIptables(text, ORIGIN)[0]?.rules ?? []
}

t.test(
  'reads every chain and rule of a recorded node, and understands each that decides where packets go',
  async (t) => {
    const chains = parseIptables(recorded, ORIGIN)

    t.equal(chains.length, [...recorded.matchAll(/^:/gm)].length)
    t.equal(chains.flatMap((chain) => chain.rules).length, [...recorded.matchAll(/^-A/gm)].length)
    const unknown = chains.filter((chain) =>
      chain.rules.some(({ matches }) => matches.some(({ on }) => on === 'unknown')),
    )
    t.strictSame(
      unknown.map(({ name }) => name),
      ['CNI-HOSTPORT-MASQ', 'KUBE-POSTROUTING'],
      'both ask for marks, and change senders only',
    )
  },
)

t.test('knows base chains, their hooks and priorities, as the kernel asks them', async (t) => {
  const bases = parseIptables(recorded, ORIGIN).flatMap(({ name, base }) =>
    base === undefined ? [] : [{ name, ...base }],
  )

  t.strictSame(bases, [
    { name: 'PREROUTING', hook: 'prerouting', priority: -100, policy: 'accept' },
    { name: 'INPUT', hook: 'input', priority: 100, policy: 'accept' },
    { name: 'OUTPUT', hook: 'output', priority: -100, policy: 'accept' },
    { name: 'POSTROUTING', hook: 'postrouting', priority: 100, policy: 'accept' },
  ])
})

const MATCHES = {
  '! -i docker0': { on: 'interface', direction: 'in', names: ['docker0'], negated: true },
  '-i eth+': { on: 'interface', direction: 'in', names: ['eth*'], negated: false },
  '! -d 127.0.0.0/8': { on: 'destination', networks: ['127.0.0.0/8'], negated: true },
  '-s 10.0.0.0/255.0.255.0': { on: 'unknown', text: '-s 10.0.0.0/255.0.255.0' },
  '-p icmp': { on: 'protocol', protocols: [], negated: false },
  '! -p udp': { on: 'protocol', protocols: ['udp'], negated: true },
  '-m tcp --dport 80:90': { on: 'port', ranges: [[80, 90]], negated: false },
  '-m multiport ! --dports 1,2:4': {
    on: 'port',
    ranges: [
      [1, 1],
      [2, 4],
    ],
    negated: true,
  },
  '-m multiport --ports 80': { on: 'unknown', text: '-m multiport --ports 80' },
  '-m tcp --sport 1:2': { on: 'sometimes', text: '--sport 1:2' },
  '-m addrtype --dst-type LOCAL': { on: 'local-destination', negated: false },
  '-m addrtype ! --src-type LOCAL': { on: 'local-source', negated: true },
  '-m addrtype --dst-type BROADCAST': { on: 'unknown', text: '-m addrtype --dst-type BROADCAST' },
  '-m statistic --mode random --probability 0.25': { on: 'chance', probability: 0.25 },
  '-m statistic --mode nth --every 4 --packet 1': { on: 'chance', probability: 0.25 },
  '-m iprange --dst-range 1.1.1.1-1.1.1.5': { on: 'destination', networks: ['1.1.1.1-1.1.1.5'], negated: false },
  '-m set --match-set foo dst,dst': { on: 'unknown', text: '-m set --match-set foo dst,dst' },
  '-m mark ! --mark 0x1/0x2': { on: 'unknown', text: '-m mark ! --mark 0x1/0x2' },
  '-m conntrack --ctstate ESTABLISHED': { on: 'protocol', protocols: [], negated: false },
} as const

for (const [text, match] of Object.entries(MATCHES)) {
  t.test(`understands ${text}`, async (t) => {
    t.strictSame(rules(`-A PREROUTING ${text} -j ACCEPT`)[0]?.matches, [match])
  })
}

t.test('passes over what always holds for the first packet of a connection', async (t) => {
  const always = [
    '-m conntrack --ctstate NEW,RELATED',
    '-m tcp --tcp-flags FIN,SYN,RST,ACK SYN',
    '-m nfacct --nfacct-name  n',
    '-m recent --set --name a --mask 255.255.255.255 --rsource',
  ]

  for (const text of always) t.strictSame(rules(`-A PREROUTING ${text} -j ACCEPT`)[0]?.matches, [], text)
})

const ACTIONS = {
  'DNAT --to-destination 10.0.0.2': { do: 'dnat', targets: [{ address: '10.0.0.2', ports: null }] },
  'DNAT --to-destination :99': { do: 'dnat', targets: [{ address: null, ports: { first: 99, last: 99 } }] },
  'DNAT --to-destination [fd00::2]:80': {
    do: 'dnat',
    targets: [{ address: 'fd00::2', ports: { first: 80, last: 80 } }],
  },
  'DNAT --to-destination fd00::2': { do: 'dnat', targets: [{ address: 'fd00::2', ports: null }] },
  'DNAT --to-destination 10.0.0.1-10.0.0.5:80-90/8000 --random --persistent': {
    do: 'dnat',
    targets: [{ address: '10.0.0.1-10.0.0.5', ports: { first: 80, last: 90, base: 8000, random: true } }],
  },
  REDIRECT: { do: 'redirect', ports: null },
  'REDIRECT --to-ports 81-83': { do: 'redirect', ports: { first: 81, last: 83 } },
  RETURN: { do: 'return' },
  'MARK --set-xmark 0x4000/0x4000': { do: 'continue' },
  'LOG --log-prefix "-j DNAT "': { do: 'continue' },
  DOCKER: { do: 'jump', chain: 'DOCKER' },
  'BALANCE --to-destination 1.1.1.1-1.1.1.2': { do: 'unknown', text: 'BALANCE --to-destination 1.1.1.1-1.1.1.2' },
  constructor: { do: 'unknown', text: 'constructor' },
} as const

for (const [text, action] of Object.entries(ACTIONS)) {
  t.test(`understands -j ${text}`, async (t) => {
    t.strictSame(rules(`-A PREROUTING -j ${text}`)[0]?.action, action)
  })
}

t.test('tells a goto from a jump, and goes on behind a rule without a target', async (t) => {
  const [goes, counts] = rules('-A PREROUTING -g DOCKER', '-A PREROUTING -p tcp')

  t.strictSame(goes?.action, { do: 'goto', chain: 'DOCKER' })
  t.strictSame(counts?.action, { do: 'continue' })
})

t.test('reads a comment without its escapes, and takes none for an option', async (t) => {
  const comments = {
    '"a \\"q\\" \\\\ back \\\'sq"': 'a "q" \\ back \'sq',
    '"-j DNAT --to-destination 6.6.6.6"': '-j DNAT --to-destination 6.6.6.6',
    '-j': '-j',
    '"two\nCOMMIT\n-A PREROUTING -j DNAT"': 'two\nCOMMIT\n-A PREROUTING -j DNAT',
  }

  for (const [written, meant] of Object.entries(comments)) {
    const [rule, more] = rules(`-A PREROUTING -m comment --comment ${written} -j RETURN`)
    t.match(rule, { comment: meant, matches: [], action: { do: 'return' } })
    t.equal(more, undefined)
  }
})

t.test('finds no chain where there is no nat table', async (t) => {
  t.strictSame(parseIptables('', ORIGIN), [])
  t.strictSame(parseIptables('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n', ORIGIN), [])
})

t.test('refuses text that is cut or no rule', async (t) => {
  for (const text of [
    '*nat\n:PREROUTING ACCEPT [0:0]\n',
    '*nat\n:P ACCEPT\n-A P -m comment --comment "x\nCOMMIT\n',
    '*nat\n-A GONE -j RETURN\nCOMMIT\n',
    '*nat\n:P ACCEPT\n-A P words -j RETURN\nCOMMIT\n',
  ]) {
    t.throws(() => parseIptables(text, ORIGIN), SyntaxError)
  }
})
