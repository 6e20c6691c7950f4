import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import t from 'tap'
import { PinReader, parsePins } from '../../../src/sources/procfs/pins.ts'
import { Procfs } from '../../../src/sources/procfs/procfs.ts'
import { createFileReader } from '../../../src/sources/procfs/read-file.ts'
import { PATH } from '../../helpers/commands.ts'
import { unshared, whyNoNamespaces } from '../../helpers/namespaces.ts'

const skip = whyNoNamespaces()
const self = new Procfs('/proc').read().processes.find(({ leader }) => leader.pid === process.pid)?.leader

const LINES = [
  '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
  '90 27 0:4 net:[4026532500] /run/netns/b\\040lue rw shared:5 - nsfs nsfs rw',
  '91 27 0:4 net:[4026532500] /run/docker/netns/x rw - nsfs nsfs rw',
  '92 27 0:4 mnt:[4026532501] /run/snapd/ns/x.mnt rw - nsfs nsfs rw',
  '93 27 0:4 net:[what] /run/netns/odd rw - nsfs nsfs rw',
  '94 27 0:5 net:[4026532502] /run/netns/fake rw - tmpfs tmpfs rw',
]

t.test('finds mounts of net namespaces, each by the path that sorts first', (t) => {
  t.strictSame(parsePins(LINES.join('\n')), [{ inode: 4026532500, path: '/run/docker/netns/x', settled: true }])
  t.match(parsePins(LINES.slice(0, 2).join('\n')), [{ path: '/run/netns/b lue' }])
  t.strictSame(parsePins(''), [])
  t.throws(() => parsePins('nonsense'), SyntaxError)
  t.end()
})

t.test('tells of a real one once it has been there twice since the first look', { skip }, async (t) => {
  if (self === undefined) throw new Error('our own process is not there')
  const time = { now: 0 }
  const pins = new PinReader({ root: '/proc', readFile: createFileReader() }, () => time.now)
  const folder = mkdtempSync(join(tmpdir(), 'ns-'))
  const path = join(folder, 'blue')
  const told = () => {
    const found = pins.read(self)
    return typeof found === 'string' ? found : found.some((pin) => pin.path === path)
  }
  t.equal(told(), false)

  writeFileSync(path, '')
  const { pid, end } = await unshared(t, '--net')
  await execa('mount', ['--bind', `/proc/${pid}/ns/net`, path], { env: { PATH } })
  t.teardown(async () => {
    await execa('umount', [path], { env: { PATH } })
    rmSync(folder, { recursive: true })
  })
  await end()

  time.now += 31_000
  t.equal(told(), false, 'it may be a starting pod’s')
  time.now += 31_000
  t.equal(told(), true)
  const first = new PinReader({ root: '/proc', readFile: createFileReader() }).read(self)
  t.ok(typeof first !== 'string' && first.some((pin) => pin.path === path), 'the first look tells of all')
})

t.test('says why it could not read', (t) => {
  const pins = new PinReader({ root: '/proc', readFile: createFileReader() })

  t.equal(pins.read({ pid: 999_999_999, tid: 999_999_999, startTime: 1 }), 'gone')
  t.end()
})
