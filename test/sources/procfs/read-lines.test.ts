import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readLines } from '../../../src/sources/procfs/read-lines.ts'

function fileOf(t: Test, text: string | Buffer): string {
  const path = join(t.testdir({}), 'table')
  writeFileSync(path, text)
  return path
}

t.test('gives every line, whole across the parts that it reads', async (t) => {
  const lines = Array.from({ length: 5_000 }, (_, index) => `${index} ${'ü'.repeat(index % 100)}`)

  t.strictSame([...readLines(fileOf(t, `${lines.join('\n')}\n`))], lines)
})

t.test('gives a last line that has no end, and empty ones', async (t) => {
  t.strictSame([...readLines(fileOf(t, 'a\n\nb'))], ['a', '', 'b'])
  t.strictSame([...readLines(fileOf(t, ''))], [])
})

t.test('gives up on a table without end', async (t) => {
  t.throws(() => [...readLines(fileOf(t, 'x\n'.repeat(600)), 1_000)], { code: 'E2BIG' })
  t.throws(() => [...readLines(fileOf(t, 'x'.repeat(1_001)), 1_000)], { code: 'E2BIG' }, 'also where it is one line')
})

t.test('closes the table, whether it is read to its end or not', async (t) => {
  const path = fileOf(t, 'a\nb\n')
  const openBefore = readdirSync('/proc/self/fd').length

  for (const line of readLines(path)) {
    t.equal(line, 'a')
    break
  }
  t.throws(() => [...readLines(path, 1)], { code: 'E2BIG' })
  t.equal(readdirSync('/proc/self/fd').length, openBefore)
  t.throws(() => [...readLines(join(path, 'none'))], { code: 'ENOTDIR' })
})
