import t from 'tap'
import { clip, recognise } from '../../src/probe/recognise.ts'
import { parseTitle } from '../../src/probe/title.ts'

const CASES: readonly [string, string | Buffer, object][] = [
  ['nothing', '', { protocol: 'none' }],
  ['SSH', 'SSH-2.0-dropbear\r\nmore', { protocol: 'ssh', banner: 'SSH-2.0-dropbear' }],
  ['HTTP that was cut', 'HTTP/1.0 404', { protocol: 'http', http: { status: 404 } }],
  ['what only begins like HTTP', 'HTTP/evil', { protocol: 'banner', banner: 'HTTP/evil' }],
  ['a first line that is empty', '\r\n\r\nhello\r\n', { protocol: 'banner', banner: 'hello' }],
  ['escapes', '\u001b[31mred', { protocol: 'banner', banner: '\u001b[31mred' }],
  ['zeros', 'a\0b', { protocol: 'binary', banner: '610062' }],
  ['telnet', Buffer.from([0xff, 0xfd, 0x18]), { protocol: 'binary', banner: 'fffd18' }],
  ['a character that was cut', Buffer.from('grü').subarray(0, 3), { protocol: 'banner', banner: 'gr' }],
]

for (const [what, bytes, expected] of CASES) {
  t.test(`recognises ${what}`, async (t) => {
    t.strictSame(recognise(Buffer.from(bytes)), expected)
  })
}

t.test('cuts long text, never inside a character', async (t) => {
  t.equal(clip('x'.repeat(200)), 'x'.repeat(200))
  t.equal(clip('x'.repeat(201)), `${'x'.repeat(199)}…`)
  t.equal(clip(`${'x'.repeat(198)}😀😀`), `${'x'.repeat(198)}…`)
})

t.test('reads the title of a page, wherever it stands and whatever is around it', async (t) => {
  t.equal(parseTitle('<TITLE lang="en">A\n  page</TITLE>'), 'A page')
  t.equal(parseTitle('<title>cut sho'), 'cut sho')
  t.equal(parseTitle('<title>&lt;b&gt; &amp;amp; &bogus;</title>'), '<b> &amp; &bogus;')
  t.equal(parseTitle('<title> </title>'), null)
  t.equal(parseTitle('<titles>no</titles>'), null)
  t.equal(parseTitle('<title '.repeat(20_000)), null)
})
