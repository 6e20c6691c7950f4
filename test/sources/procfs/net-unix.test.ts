import t from 'tap'
import { parseAbstractNames, patternOf } from '../../../src/sources/procfs/net-unix.ts'

const HEAD = 'Num       RefCount Protocol Flags    Type St Inode Path'

/** Rows as Linux 6.18 writes them. */
function row(name: string, { flags = '00010000', type = '0001', state = '01' } = {}): string {
  return `0000000056aa8edc: 00000002 00000000 ${flags} ${type} ${state} 1234520${name === '' ? '' : ` ${name}`}`
}

t.test('lists the abstract names that listen or take datagrams', async (t) => {
  const lines = [
    HEAD,
    row('/run/dbus/system_bus_socket'),
    row(''),
    row('@/containerd-shim/k8s.io/pause.sock@'),
    row('@listens'),
    row('@packets', { type: '0005' }),
    row('@datagrams', { flags: '00000000', type: '0002' }),
    row('@listens', { flags: '00000000', state: '03' }),
    row('@client', { flags: '00000000', state: '03' }),
    row('@fadc5', { flags: '00000000', type: '0002' }),
  ]

  t.strictSame(parseAbstractNames(lines), ['/containerd-shim/k8s.io/pause.sock', 'listens', 'packets', 'datagrams'])
  t.strictSame(parseAbstractNames([HEAD]), [])
})

t.test('keeps a hostile name as it is, and to itself', async (t) => {
  const names = ['a b', ' ', '\u001b[31mred', '$(reboot)', '<script>', 'with@zeroes', 'ünïcode']

  t.strictSame(parseAbstractNames([HEAD, ...names.map((name) => row(`@${name}`))]), names)
  t.strictSame(
    parseAbstractNames([HEAD, ...`${row('@first\nsecond')}\n${row('@third')}`.split('\n')]),
    ['first', 'third'],
    'what a newline leaves behind is no row',
  )
  t.strictSame(parseAbstractNames([HEAD, row(`@${'@'.repeat(100)}`)]), [], 'a name of nothing but NULs has none')
})

t.test('takes nothing for a table that is none, and cut rows for no rows', async (t) => {
  t.throws(() => parseAbstractNames([]), SyntaxError)
  t.throws(() => parseAbstractNames([row('@a')]), SyntaxError)
  t.strictSame(parseAbstractNames([HEAD, row('@a').slice(0, 30), row('@b')]), ['b'])
})

const PATTERNS: readonly (readonly [string, string])[] = [
  ['/containerd-shim/3b1f0c9e4d5a6b7c8d9e0f1a2b3c4d5e.sock', '/containerd-shim/*.sock'],
  ['/containerd-shim/moby/0a1b2c3d4e5f/shim.sock', '/containerd-shim/moby/*/shim.sock'],
  ['e85d24dc-3206-40ab-a328-d85dd5d1be76', '*'],
  ['app-48213', 'app-*'],
  ['/tmp/.X11-unix/X0', '/tmp/.X11-unix/X0'],
  ['facade', 'facade'],
  ['ISCSIADM_ABSTRACT_NAMESPACE', 'ISCSIADM_ABSTRACT_NAMESPACE'],
]

for (const [name, pattern] of PATTERNS) {
  t.test(`makes ${pattern} of ${name}`, async (t) => {
    t.equal(patternOf(name), pattern)
  })
}

t.test('takes no longer for a name that is made to take long', async (t) => {
  const started = performance.now()

  t.equal(patternOf('a'.repeat(100_000)), 'a'.repeat(100_000))
  t.ok(performance.now() - started < 5_000)
})
