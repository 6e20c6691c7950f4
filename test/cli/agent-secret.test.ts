import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { t } from 'tap'
import { makeAgentSecret, readAgentSecret } from '../../src/cli/agent-secret.ts'

t.test('makes a secret that only its owner can read, in a directory made for it, and reads it again', async (t) => {
  const folder = join(t.testdir(), 'state', 'agent')
  t.equal(await readAgentSecret(folder), null)
  const secret = await makeAgentSecret(folder)

  t.match(secret, /^[\w-]{43}$/)
  t.equal(await readAgentSecret(folder), secret)
  t.equal(statSync(join(folder, 'secret')).mode & 0o777, 0o600)
  t.equal(statSync(folder).mode & 0o777, 0o700)
})

t.test('is not hindered by what a process left that was killed while it made one', async (t) => {
  const folder = t.testdir({ 'secret.new': 'hal' })
  t.equal(await readAgentSecret(folder), null)
  const secret = await makeAgentSecret(folder)

  t.equal(await readAgentSecret(folder), secret)
  t.strictSame(readdirSync(folder), ['secret'], 'the secret has its name only when it is whole')
})

t.test('takes no secret that others may have read, or that is none', async (t) => {
  const folder = t.testdir()
  await makeAgentSecret(folder)
  chmodSync(join(folder, 'secret'), 0o640)
  await t.rejects(readAgentSecret(folder), { message: new RegExp(folder), cause: { message: /others .* may read it/ } })

  chmodSync(join(folder, 'secret'), 0o600)
  writeFileSync(join(folder, 'secret'), 'short')
  await t.rejects(readAgentSecret(folder), { cause: { message: 'it holds no secret' } })
})
