import t from 'tap'
import { parseBound, parseListening, parseSocketRow } from '../../../src/sources/procfs/socket-row.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const HEAD6 =
  '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'

/** Rows as Linux 6.18 writes them, padding and all. */
const LOOPBACK =
  '   0: 0100007F:2808 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1236674 1 00000000afaf3db4 100 0 0 10 0                   '
const ANY =
  '   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1036215 1 000000004b622cad 100 0 0 10 0                   '
const ESTABLISHED =
  '   2: 0100007F:2808 0100007F:D7C2 01 00000000:00000000 00:00000000 00000000     0        0 1236675 1 00000000d1d2c3f4 20 4 30 10 -1                  '
const LOOPBACK6 =
  '   0: 00000000000000000000000001000000:2808 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 88123 1 0000000000000000 100 0 0 10 0'
const MAPPED6 =
  '   1: 0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 88124 1 0000000000000000 100 0 0 10 0'
const GLOBAL6 =
  '   2: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 88125 1 0000000000000000 100 0 0 10 0'

t.test('reads who listens where', async (t) => {
  t.strictSame(parseListening([HEAD, LOOPBACK, ANY]), [
    { family: 'ipv4', address: '127.0.0.1', port: 10_248, state: 10, uid: 0, socketInode: 1_236_674 },
    { family: 'ipv4', address: '0.0.0.0', port: 8080, state: 10, uid: 1000, socketInode: 1_036_215 },
  ])
  t.strictSame(
    parseListening([HEAD6, LOOPBACK6, MAPPED6, GLOBAL6]).map(({ address, port }) => [address, port]),
    [
      ['::1', 10_248],
      ['::ffff:127.0.0.1', 80],
      ['2001:db8::1', 443],
    ],
  )
  t.strictSame(parseListening([HEAD]), [], 'a table without rows says that nobody listens')
})

t.test('reads no further than the last row that listens', async (t) => {
  function* table() {
    yield* [HEAD, LOOPBACK, ESTABLISHED]
    throw new Error('read on')
  }

  t.strictSame(
    parseListening(table()).map(({ port }) => port),
    [10_248],
  )
})

t.test('reads the words of a machine with the other byte order', async (t) => {
  const row = LOOPBACK.replace('0100007F', '7F000001')

  t.equal(parseSocketRow(row, 'BE').address, '127.0.0.1')
  t.equal(parseSocketRow(row, 'LE').address, '1.0.0.127')
})

t.test('takes nothing for a table that is none', async (t) => {
  for (const lines of [
    [],
    [''],
    [LOOPBACK],
    [HEAD, ''],
    [HEAD, LOOPBACK.slice(0, 60)],
    [HEAD, LOOPBACK.slice(0, 90)],
    [HEAD, LOOPBACK.replace('0100007F', '0100007')],
    [HEAD, LOOPBACK.replace('0100007F', '0100007F0100007F')],
    [HEAD, LOOPBACK.replace(':2808', ':28080')],
    [HEAD, '\u001b[2J'],
  ]) {
    t.throws(() => parseListening(lines), SyntaxError, JSON.stringify(lines))
  }
})

/** Of Linux 6.18 too: a server's socket, a client's that is connected, and one that is bound to no port. */
const UDP_HEAD =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            '
const UDP_BOUND =
  ' 1234: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 4242 2 0000000000000000 0        '
const UDP_CONNECTED =
  ' 1240: 0100007F:D7C2 3500007F:0035 01 00000000:00000000 00:00000000 00000000  1000        0 4243 2 0000000000000000 0        '
const UDP_UNBOUND =
  '    0: 00000000:0000 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4244 2 0000000000000000 0        '

t.test('reads who is bound in UDP, and takes no client that is connected for a server', async (t) => {
  t.strictSame(parseBound([UDP_HEAD, UDP_CONNECTED, UDP_BOUND, UDP_UNBOUND]), [
    { family: 'ipv4', address: '127.0.0.53', port: 53, state: 7, uid: 101, socketInode: 4242 },
  ])
  t.throws(() => parseBound([UDP_HEAD, UDP_BOUND.slice(0, 40)]), SyntaxError)
  t.throws(() => parseBound([]), SyntaxError)
})
