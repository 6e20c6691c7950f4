import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { t } from 'tap'
import { openCredentials } from '../../src/cli/agent-credentials.ts'
import { UsageError } from '../../src/cli/errors.ts'

const TOKEN = 'an-enrolment-token-of-a-test'

t.test('reads a token anew for each connection, and goes on without one that was taken away', async (t) => {
  const folder = t.testdir({ token: `${TOKEN}\n` })
  const tokenFile = join(folder, 'token')
  const warnings: string[] = []
  const log = { warn: (_fields: object, message: string) => void warnings.push(message) }
  const read = await openCredentials({ tokenFile, stateDir: join(folder, 'state') }, { env: {} }, log)
  const first = await read()
  writeFileSync(tokenFile, `${TOKEN}-renewed\n`)
  const second = await read()
  t.strictSame(warnings, [])
  rmSync(tokenFile)
  const third = await read()

  t.strictSame([first.enrolmentToken, second.enrolmentToken, third.enrolmentToken], [TOKEN, `${TOKEN}-renewed`, null])
  t.match(warnings, [/cannot read the enrolment token: going on without/])
  t.strictSame([second.secret, third.secret], [first.secret, first.secret])
  t.equal(third.keepsSecret, true)
})

t.test('says at the start what cannot be read, or that there is nothing to show', async (t) => {
  const places = { tokenFile: join(t.testdir(), 'none') }
  const log = { warn: () => t.fail('it does not start') }

  await t.rejects(
    openCredentials(places, { env: {} }, log),
    new UsageError(
      `--token-file: expected a file that holds a token, got ${places.tokenFile}: ENOENT: no such file or directory, open '${places.tokenFile}'`,
    ),
  )
  await t.rejects(openCredentials({}, { env: {} }, log), { message: /--token-file .* is missing/ })
  await t.rejects(openCredentials({ cert: 'c' }, { env: {} }, log), { message: /expected both or none/ })
})
