import t from 'tap'
import { type Column, layoutTable } from '../../../src/cli/render/table.ts'
import { widthOf } from '../../../src/cli/render/text.ts'
import { markedView, plainView } from '../../helpers/plain-view.ts'

const COLUMNS: readonly Column[] = [
  { header: 'NAME', min: 6 },
  { header: 'NET' },
  { header: 'RUNTIME', optional: true },
]
const rows = [
  [{ text: 'a-rather-long-name' }, { text: 'own' }, { text: 'docker' }],
  [{ text: '日本語' }, { text: 'HOST' }, { text: '' }],
]

t.test('gives every column the room it needs where there is enough', async (t) => {
  t.strictSame(layoutTable(COLUMNS, rows, plainView()), [
    '  NAME                NET   RUNTIME',
    '  a-rather-long-name  own   docker',
    '  日本語              HOST',
  ])
})

t.test('cuts the longest column that may be cut', async (t) => {
  t.strictSame(layoutTable(COLUMNS, rows, plainView(29)), [
    '  NAME          NET   RUNTIME',
    '  a-rather-lo…  own   docker',
    '  日本語        HOST',
  ])
})

t.test('moves columns together, then leaves out what can be missed', async (t) => {
  t.strictSame(layoutTable(COLUMNS, rows, plainView(21)), [
    '  NAME   NET  RUNTIME',
    '  a-rat… own  docker',
    '  日本語 HOST',
  ])
  t.strictSame(layoutTable(COLUMNS, rows, plainView(20)), [
    '  NAME          NET',
    '  a-rather-lo…  own',
    '  日本語        HOST',
  ])
})

t.test('stays within the view however many wide characters a name has', async (t) => {
  const wide = [[{ text: '日本'.repeat(100) }, { text: 'own' }, { text: 'docker' }]]

  for (const columns of [20, 33, 60, 100]) {
    t.ok(layoutTable(COLUMNS, wide, plainView(columns)).every((line) => widthOf(line) <= columns))
  }
})

t.test('paints the text of a cell and not the room after it', async (t) => {
  const lines = layoutTable(
    [{ header: 'A' }, { header: 'B' }],
    [[{ text: 'x', tone: 'bad' }, { text: 'y' }]],
    markedView,
  )

  t.equal(lines[1], '  <bad:x>  y')
})
