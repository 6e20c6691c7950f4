import { t } from 'tap'
import { emptyDigest, sameDigest, toggle } from '../../src/model/digest.ts'
import { canonicalJson } from '../../src/transport/canonical-json.ts'
import { digestText, hashRow, parseDigest } from '../../src/transport/digest.ts'
import { encodeRow } from '../../src/transport/encode.ts'

t.test('hashes a row as docs/protocol.md says', async (t) => {
  const hash = hashRow(encodeRow('gap', 'a', canonicalJson({ b: 1, a: 'é' }) ?? ''))

  t.equal(digestText(hash), '361d1258e56c7d7a98b0022415f15d952f5235b3440466f21b9059f4d063e9fd')
  t.ok(sameDigest(parseDigest(digestText(hash)), hash))
})

t.test('is the same for the same rows in any order, and none again when they are gone', async (t) => {
  const [a, b, c] = ['a', 'b', 'c'].map(hashRow)
  if (a === undefined || b === undefined || c === undefined) throw new Error('no hash')
  const digest = emptyDigest()
  const other = emptyDigest()
  for (const hash of [a, b, c]) toggle(digest, hash)
  for (const hash of [c, a, b]) toggle(other, hash)

  t.ok(sameDigest(digest, other))
  toggle(other, c)
  t.notOk(sameDigest(digest, other))
  for (const hash of [a, b, c]) toggle(digest, hash)
  t.ok(sameDigest(digest, emptyDigest()))
})
