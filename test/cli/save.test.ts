import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { saveFile } from '../../src/cli/save.ts'

t.test('writes a file that only its owner can read, over an open one too', async (t) => {
  const directory = t.testdir({ 'a.json': 'old' })
  const path = join(directory, 'a.json')

  await saveFile(path, 'new')

  t.equal(readFileSync(path, 'utf8'), 'new')
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.strictSame(readdirSync(directory), ['a.json'])
})

t.test('never puts a file in the place of something else', async (t) => {
  const directory = t.testdir({ target: 'kept' })
  symlinkSync(join(directory, 'target'), join(directory, 'link'))

  await t.rejects(saveFile('/dev/null', 'x'), { message: 'cannot save /dev/null' })
  await t.rejects(saveFile(join(directory, 'link'), 'x'), { cause: { message: 'it is there and no regular file' } })
  await t.rejects(saveFile(directory, 'x'), { message: `cannot save ${directory}` })

  t.equal(readFileSync(join(directory, 'target'), 'utf8'), 'kept')
})

t.test('leaves nothing behind where it cannot write', async (t) => {
  const directory = t.testdir({})
  writeFileSync(join(directory, 'file'), '')

  await t.rejects(saveFile(join(directory, 'file', 'below'), 'x'), { message: /cannot save/ })
  await t.rejects(saveFile(join(directory, 'none', 'a.json'), 'x'), { cause: { code: 'ENOENT' } })

  t.strictSame(readdirSync(directory), ['file'])
})
