import t from 'tap'
import { parsePortRange } from '../../../src/sources/procfs/ephemeral.ts'
import { parseSockstat } from '../../../src/sources/procfs/sockstat.ts'

/** As Linux 6.18 writes them. */
const SOCKSTAT = `sockets: used 101
TCP: inuse 16 orphan 0 tw 3 alloc 19 mem 302
UDP: inuse 2 mem 0
UDPLITE: inuse 1
RAW: inuse 0
FRAG: inuse 0 memory 0
`
const SOCKSTAT6 = 'TCP6: inuse 4\nUDP6: inuse 5\nUDPLITE6: inuse 6\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n'

t.test('reads how many sockets of each protocol there are', async (t) => {
  t.strictSame(parseSockstat(SOCKSTAT + SOCKSTAT6), { TCP: 16, TCP6: 4, UDP: 2, UDP6: 5, UDPLITE: 1, UDPLITE6: 6 })
  t.strictSame(parseSockstat(SOCKSTAT), { TCP: 16, TCP6: 0, UDP: 2, UDP6: 0, UDPLITE: 1, UDPLITE6: 0 })
})

t.test('takes nothing for counts that is none', async (t) => {
  const cut = SOCKSTAT.slice(0, SOCKSTAT.indexOf('16'))
  for (const text of [
    '',
    SOCKSTAT6,
    'sockets: used 1\n',
    cut,
    SOCKSTAT.replace('16', 'x'),
    `${SOCKSTAT}TCP6: inuse \n`,
  ])
    t.throws(() => parseSockstat(text), SyntaxError, JSON.stringify(text))
})

t.test('reads a range of ports', async (t) => {
  t.strictSame(parsePortRange('32768\t60999\n'), { from: 32_768, to: 60_999 })
  for (const text of ['', '32768', '60999\t32768\n', 'a\tb\n']) t.throws(() => parsePortRange(text), SyntaxError)
})
