import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import t, { type Test } from 'tap'
import { isInstalled } from './helpers/commands.ts'

const RUN = fileURLToPath(new URL('../.ci/run', import.meta.url))

const skip = isInstalled('bash') ? false : 'bash is not installed'

t.test('ends with the counts of tap and succeeds when nothing failed', { skip }, async (t) => {
  const { exitCode, lastLine } = await runCi(t, `echo '# { total: 12, pass: 12 }'`)

  t.equal(lastLine, '12 passed, 0 failed')
  t.equal(exitCode, 0)
})

t.test('names what was skipped', { skip }, async (t) => {
  const { exitCode, lastLine } = await runCi(t, `echo '# { total: 7, pass: 3, todo: 1, skip: 3 }'`)

  t.equal(lastLine, '3 passed, 0 failed, 3 skipped')
  t.equal(exitCode, 0)
})

t.test('fails with tap', { skip }, async (t) => {
  const { exitCode, lastLine } = await runCi(t, `echo '# { total: 4, pass: 1, fail: 2, skip: 1 }'; exit 1`)

  t.equal(lastLine, '1 passed, 2 failed, 1 skipped')
  t.equal(exitCode, 1)
})

t.test('fails when tap says that a test failed, although the command succeeded', { skip }, async (t) => {
  const { exitCode, lastLine } = await runCi(t, `echo '# { total: 4, pass: 3, fail: 1 }'`)

  t.equal(lastLine, '3 passed, 1 failed')
  t.equal(exitCode, 1)
})

t.test('fails when the checks before the tests did', { skip }, async (t) => {
  const { exitCode, lastLine } = await runCi(t, 'echo broken >&2; exit 2')

  t.equal(lastLine, '0 passed, 1 failed')
  t.equal(exitCode, 1)
})

t.test('fails when the command fails after tests that all passed', { skip }, async (t) => {
  const { exitCode, lastLine } = await runCi(t, `echo '# { total: 5, pass: 5 }'; exit 1`)

  t.equal(lastLine, '5 passed, 1 failed')
  t.equal(exitCode, 1)
})

t.test('fails when no test ran', { skip }, async (t) => {
  const { exitCode, lastLine } = await runCi(t, `echo '# { total: 2, skip: 2 }'`)

  t.equal(lastLine, '0 passed, 1 failed, 2 skipped')
  t.equal(exitCode, 1)
})

t.test("runs README's test command as a build service does", { skip }, async (t) => {
  const { stdout } = await runCi(t, 'echo "ran npm $* with CI=$CI"')

  t.match(stdout, 'ran npm cit with CI=true')
})

t.test('ends what it started when it is stopped', { skip }, async (t) => {
  const running = startCi(t, 'echo "npm is $$"; exec sleep 60')
  for await (const line of running.iterable({ from: 'stdout' })) {
    if (!line.startsWith('npm is ')) continue
    running.kill('SIGTERM')
  }
  const { exitCode, stdout } = await running

  t.equal(stdout.split('\n').at(-1), '0 passed, 1 failed')
  t.equal(exitCode, 1)
})

interface Ended {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly lastLine: string | undefined
}

async function runCi(t: Test, npm: string): Promise<Ended> {
  const { exitCode, stdout } = await startCi(t, npm)
  return { exitCode, stdout, lastLine: stdout.split('\n').at(-1) }
}

/** Starts .ci/run with a shell's words in the place of npm. */
function startCi(t: Test, npm: string) {
  const folder = t.testdir()
  const file = join(folder, 'npm')
  writeFileSync(file, `#!/bin/sh\n${npm}\n`, { mode: 0o755 })
  const PATH = `${folder}:${process.env['PATH']}`
  return execa(RUN, { env: { PATH, CI: '' }, reject: false })
}
