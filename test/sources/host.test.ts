import { networkInterfaces } from 'node:os'
import t from 'tap'
import { createHostSource, parseCgroupMode, parseInterfaceNames, parsePrettyName } from '../../src/sources/host.ts'

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1296000   12960    0    0    0     0          0         0  1296000   12960    0    0    0     0       0          0
  eth0: 5296000   32960    0    0    0     0          0         0   296000   12960    0    0    0     0       0          0
veth1a2b@if3:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
wg-0.1:9999999999999 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0
`

t.test('lists interfaces, also those without an address', (t) => {
  t.strictSame(parseInterfaceNames(NET_DEV), ['lo', 'eth0', 'veth1a2b@if3', 'wg-0.1'])
  t.strictSame(parseInterfaceNames(NET_DEV.slice(0, NET_DEV.indexOf('  eth0'))), ['lo'])
  t.strictSame(parseInterfaceNames(''), [])
  t.end()
})

t.test('tells which cgroup versions are mounted', (t) => {
  const v1 = 'cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0\n'
  const v2 = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n'
  const other = 'proc /proc proc rw 0 0\ntmpfs /run/cgroup2 tmpfs rw 0 0\n'
  t.equal(parseCgroupMode(other + v1), 'v1')
  t.equal(parseCgroupMode(other + v2), 'v2')
  t.equal(parseCgroupMode(v1 + other + v2), 'hybrid')
  t.equal(parseCgroupMode(other), 'unknown')
  t.equal(parseCgroupMode(''), 'unknown')
  t.end()
})

t.test('reads what a distribution calls itself', (t) => {
  t.equal(
    parsePrettyName('NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'),
    'Debian GNU/Linux 12 (bookworm)',
  )
  t.equal(parsePrettyName("PRETTY_NAME='Void Linux'\n"), 'Void Linux')
  t.equal(parsePrettyName('PRETTY_NAME=Alpine\n'), 'Alpine')
  t.end()
})

t.test('knows none where it has no name', (t) => {
  for (const text of ['', 'NAME="Debian"\n', 'PRETTY_NAME=\n', 'PRETTY_NAME=""\n', 'X_PRETTY_NAME="no"\n']) {
    t.equal(parsePrettyName(text), null, JSON.stringify(text))
  }
  t.end()
})

t.test('tells of this machine, twice the same', async (t) => {
  const source = createHostSource({ procRoot: '/proc', nodeName: undefined })
  const { signal } = new AbortController()

  const { node, gaps } = await source.read(signal)

  t.match(node, {
    name: /./,
    os: /./,
    kernel: /^\d+\./,
    architecture: /./,
    bootId: /^[0-9a-f-]{36}$/,
    uid: process.getuid?.(),
  })
  const names = node.interfaces.map(({ name }) => name)
  t.ok(
    Object.keys(networkInterfaces()).every((name) => names.includes(name)),
    names.join(' '),
  )
  t.match(node.interfaces.find(({ name }) => name === 'lo')?.addresses[0], { family: 'ipv4', address: '127.0.0.1' })
  t.strictSame(gaps, [])
  t.strictSame(await source.read(signal), { node, gaps })
})

t.test('calls the node what it is told to', async (t) => {
  const source = createHostSource({ procRoot: '/proc', nodeName: 'node-1' })

  t.match(await source.read(new AbortController().signal), { node: { name: 'node-1' } })
})

t.test('fails, naming the file, where the procfs tells no boot id', async (t) => {
  const source = createHostSource({ procRoot: t.testdir({}), nodeName: 'node-1' })

  await t.rejects(source.read(new AbortController().signal), { code: 'ENOENT', message: /boot_id|net\/dev|mounts/ })
})
