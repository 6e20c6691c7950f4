import fc from 'fast-check'
import t from 'tap'
import { parseMountinfo } from '../../../src/sources/procfs/mountinfo.ts'

t.test('parses the lines of a real file, with and without optional fields', (t) => {
  const text =
    '24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,size=12334460k,mode=755\n' +
    '36 35 98:0 /mnt1 /mnt2 ro,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n' +
    '70 60 0:3 net:[4026532500] /run/netns/x rw - nsfs nsfs rw\n'

  t.strictSame(parseMountinfo(text), [
    { id: 24, parent: 27, device: '0:6', root: '/', mountPoint: '/dev', readOnly: false, type: 'devtmpfs' },
    { id: 36, parent: 35, device: '98:0', root: '/mnt1', mountPoint: '/mnt2', readOnly: true, type: 'ext3' },
    {
      id: 70,
      parent: 60,
      device: '0:3',
      root: 'net:[4026532500]',
      mountPoint: '/run/netns/x',
      readOnly: false,
      type: 'nsfs',
    },
  ])
  t.end()
})

t.test('reads octal escapes, and other scripts as they are', (t) => {
  const [mount] = parseMountinfo('1 0 8:1 /a\\040b\\134c /x\\011y\\012z\\043ü rw - ext4 /dev/sda1 rw\n')

  t.match(mount, { root: '/a b\\c', mountPoint: '/x\ty\nz#ü' })
  t.end()
})

t.test('takes a file system that is read-only as a whole for read-only', (t) => {
  t.match(parseMountinfo('1 0 8:1 / /x rw,relatime - ext4 /dev/sda1 ro,errors=remount-ro\n'), [{ readOnly: true }])
  t.end()
})

t.test('is not taken in by a source or type that looks like the dash', (t) => {
  t.match(parseMountinfo('1 0 0:9 / /x rw shared:1 - tmpfs - rw\n'), [{ type: 'tmpfs', readOnly: false }])
  t.match(parseMountinfo('1 0 0:9 / /x rw - tmpfs  rw\n'), [{ type: 'tmpfs' }], 'an empty source')
  t.end()
})

t.test('gives nothing for an empty file', (t) => {
  t.strictSame(parseMountinfo(''), [])
  t.end()
})

t.test('refuses what is no such line', (t) => {
  const lines = [
    'x',
    '1 0 8:1 / /x rw ext4 /dev/sda1 rw',
    'a 0 8:1 / /x rw - ext4 s rw',
    '1 0 8-1 / /x rw - ext4 s rw',
    '1 0 8:1 / x rw - ext4 s rw',
    '1 0 8:1 / /x rw -',
    '1 0 8:1 / /x',
  ]
  for (const line of lines) t.throws(() => parseMountinfo(`${line}\n`), SyntaxError, line)
  t.end()
})

t.test('gives mounts or a SyntaxError, whatever the text', (t) => {
  const seed = Date.now()
  t.comment(`seed ${seed}`)
  const word = fc.constantFrom('1', '0', '8:1', '/', '/x\\040', 'rw', '-', 'tmpfs', '\\999', '', 'shared:1')
  fc.assert(
    fc.property(fc.array(fc.array(word, { maxLength: 12 }), { maxLength: 4 }), (lines) => {
      try {
        return parseMountinfo(lines.map((words) => words.join(' ')).join('\n')).length <= lines.length
      } catch (error) {
        return error instanceof SyntaxError
      }
    }),
    { seed },
  )
  t.end()
})
