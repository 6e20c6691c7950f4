import { t } from 'tap'
import { copyRow, jsonRows } from '../../src/store/postgres-text.ts'

t.test('writes a row for COPY, with what its format has as its own escaped', async (t) => {
  const row = { id: 7, none: null, text: 'a\tb\nc\rd\\N', plain: '\\N', left: 'out' }

  t.equal(copyRow(row, ['id', 'none', 'text', 'plain']), '7\t\\N\ta\\tb\\nc\\rd\\\\N\t\\\\N\n')
  t.equal(copyRow({ a: '', b: 1 }, ['a', 'b']), '\t1\n', 'an empty text is no end of the data and no null')
  t.equal(copyRow({ hash: Uint8Array.of(0, 255) }, ['hash']), '\\\\x00ff\n')
})

t.test('writes rows as JSON, bytes as PostgreSQL reads them, and no half of a surrogate pair', async (t) => {
  const rows = [
    { key: 'a"\\', hash: Buffer.from([0, 255]), none: null },
    { key: 'b\ud83d', hash: Uint8Array.of(1), none: null },
  ]

  t.strictSame(JSON.parse(jsonRows(rows, ['key', 'hash', 'none'])), [
    { key: 'a"\\', hash: '\\x00ff', none: null },
    { key: 'b\ufffd', hash: '\\x01', none: null },
  ])
})
