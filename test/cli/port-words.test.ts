import t from 'tap'
import { parseExclusions, parsePorts } from '../../src/cli/port-words.ts'

const PORTS: readonly [string, object | null][] = [
  ['8080', { ports: [8080, 8080] }],
  ['8080/UDP', { ports: [8080, 8080], protocol: 'udp' }],
  ['8000-8010/tcp', { ports: [8000, 8010], protocol: 'tcp' }],
  ['127.0.0.1:80', { address: '127.0.0.1', ports: [80, 80] }],
  ['[::1]:80/sctp', { address: '::1', ports: [80, 80], protocol: 'sctp' }],
  ['[fe80::1%eth0]:80', { address: 'fe80::1%eth0', ports: [80, 80] }],
  ...[
    '',
    '0',
    '65536',
    '90-80',
    '80/icmp',
    '::1:80',
    '1.2.3:80',
    '256.0.0.1:80',
    '[1::2::3]:80',
    'localhost:80',
    '80:81',
    '127.0.0.1',
  ].map((text): [string, null] => [text, null]),
]

for (const [text, expected] of PORTS) {
  t.test(`reads ${JSON.stringify(text)} as ${expected === null ? 'no port' : JSON.stringify(expected)}`, async (t) => {
    t.strictSame(parsePorts(text), expected)
  })
}

t.test('reads a list of ports and addresses to leave alone', async (t) => {
  t.strictSame(parseExclusions(''), [])
  t.strictSame(parseExclusions('22, 8000-8100/tcp,192.0.2.1,::1,[::2],10.0.0.1:53/udp,'), [
    { ports: [22, 22] },
    { ports: [8000, 8100], protocol: 'tcp' },
    { address: '192.0.2.1' },
    { address: '::1' },
    { address: '::2' },
    { address: '10.0.0.1', ports: [53, 53], protocol: 'udp' },
  ])
  t.equal(parseExclusions('22,ssh'), null)
})
