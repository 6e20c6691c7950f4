import t from 'tap'
import { count, cut, moment, shown, widthOf, wrap } from '../../../src/cli/render/text.ts'

t.test('measures wide characters as two cells and combining ones as none', async (t) => {
  t.equal(widthOf('日本'), 4)
  t.equal(widthOf('e\u0301'), 1)
  t.equal(widthOf('plain'), 5)
})

t.test('cuts so that the mark of the cut is inside the width', async (t) => {
  t.equal(cut('container', 9), 'container')
  t.equal(cut('container', 8), 'contain…')
  t.equal(cut('日本語版', 6), '日本…')
  t.equal(cut('日本語版', 5), '日本…')
  t.equal(cut('e\u0301e\u0301e\u0301', 2), 'e\u0301…')
})

t.test('never cuts where there is no limit', async (t) => {
  t.equal(cut('x'.repeat(5000), Number.POSITIVE_INFINITY).length, 5000)
})

t.test('wraps between parts, then between words, then wherever it must', async (t) => {
  t.strictSame(wrap(['one', 'two', 'three'], 9), ['one · two', 'three'])
  t.strictSame(wrap(['some words in a row'], 10), ['some words', 'in a row'])
  t.strictSame(wrap(['abcdefghij'], 4), ['abcd', 'efgh', 'ij'])
  t.strictSame(wrap(['日本語'], 4), ['日本', '語'])
})

t.test('never lays out a line that is wider than asked, whatever the parts', async (t) => {
  const parts = ['日本語'.repeat(9), 'a b  c', '', 'x'.repeat(50), 'e\u0301'.repeat(30)]

  for (const width of [2, 7, 20]) {
    t.ok(wrap(parts, width).every((line) => widthOf(line) <= width))
  }
})

t.test('shows whatever a container says as one printable line', async (t) => {
  t.equal(shown('a\u001b[31m\nb'), 'a\\x1b[31m\\x0ab')
  t.equal(shown({ comm: '\u202e' }), '{"comm":"\\u202e"}')
  t.equal(shown(undefined), 'undefined')
})

t.test('counts in words and tells moments in UTC', async (t) => {
  t.equal(count(1, 'gap'), '1 gap')
  t.equal(count(0, 'process', 'processes'), '0 processes')
  t.equal(moment(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), '2026-01-02 03:04:05Z')
})
