import { t } from 'tap'
import { packRows } from '../../src/transport/pack-rows.ts'

const KIB = 1024

t.test('packs no row as one part without rows: a state may be empty', async (t) => {
  t.strictSame(packRows([]), [[]])
})

t.test('packs a usual state into small parts, and a large one into few', async (t) => {
  const usual = packRows(rowsOf(700, KIB))
  const large = packRows(rowsOf(50_000, KIB))

  t.equal(usual.flat().length, 700)
  t.ok(usual.every((part) => bytesOf(part) <= 128 * KIB))
  t.ok(usual.length <= 6)
  t.ok(large.every((part) => bytesOf(part) <= 512 * KIB))
  t.ok(large.length <= 110)
  t.equal(large.flat().length, 50_000)
})

t.test('keeps to what a snapshot may have, however the rows are cut', async (t) => {
  const awkward = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? 'x' : 'x'.repeat(256 * KIB)))

  const many = packRows(rowsOf(50_000, 1))

  t.strictSame(packRows(awkward).flat(), awkward)
  t.ok(packRows(awkward).length <= 256)
  t.equal(many.flat().length, 50_000)
  t.ok(many.every((part) => part.length <= 2000))
})

function rowsOf(count: number, bytes: number): string[] {
  return Array.from({ length: count }, () => 'x'.repeat(bytes))
}

function bytesOf(part: readonly string[]): number {
  return Buffer.byteLength(part.join(''))
}
