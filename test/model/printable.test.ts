import fc from 'fast-check'
import t from 'tap'
import { printable } from '../../src/model/printable.ts'

t.test('leaves ordinary text of any script as it is', (t) => {
  for (const text of ['', 'nginx', '/usr/bin/[kworker]', 'Grüße 東京 עברית العربية', 'C:\\path', '<script>$(reboot)']) {
    t.equal(printable(text), text)
  }
  t.end()
})

t.test('shows what a terminal would obey as an escape', (t) => {
  t.equal(printable('\x1b[31mred\x1b[0m'), '\\x1b[31mred\\x1b[0m')
  t.equal(printable('a\nb\r\tc\0'), 'a\\x0ab\\x0d\\x09c\\x00')
  t.equal(printable('\x7f\x85\x9b'), '\\x7f\\x85\\x9b')
  t.end()
})

t.test('shows what the eye would miss: bidi, zero-width, separators, fillers, tags', (t) => {
  t.equal(printable('a\u202egnp.exe'), 'a\\u202egnp.exe')
  t.equal(printable('\u2066x\u2069\u200fy\u061c'), '\\u2066x\\u2069\\u200fy\\u061c')
  t.equal(printable('zero\u200bwidth\u2060\ufeff\u00ad'), 'zero\\u200bwidth\\u2060\\ufeff\\xad')
  t.equal(printable('\u2028\u2029\u3164'), '\\u2028\\u2029\\u3164')
  t.equal(printable('\u{e0041}'), '\\u{e0041}')
  t.end()
})

t.test('shows half a surrogate pair and keeps a whole one', (t) => {
  t.equal(printable('\ud800x'), '\\ud800x')
  t.equal(printable('🐳'), '🐳')
  t.end()
})

t.test('gives text of one line without controls, whatever it is given', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = printable(text)
      return !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(shown) && printable(shown) === shown
    }),
  )
  t.end()
})
