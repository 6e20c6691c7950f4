import { join } from 'node:path'
import { t } from 'tap'
import { nsentinelHere } from '../helpers/cli.ts'
import { collect } from '../helpers/collect.ts'

// Collectors start, each of which takes seconds where the machine is busy.
t.setTimeout(120_000)

t.test('refuses a file that another collector uses, and takes it when that was killed', async (t) => {
  const folder = t.testdir({})
  const store = join(folder, 'kept.db')
  const first = await collect(t, ['--store', store])
  const refusal = {
    exitCode: 2,
    stdout: '',
    stderr: `nsentinel: --store: another collector uses ${store}: process ${first.child.pid}; stop it first, or give this one a file of its own`,
  }

  t.strictSame(await nsentinelHere(['collector', '--listen', '127.0.0.1:0', '--store', store]), refusal)
  t.strictSame(await nsentinelHere(['start', '--port', '0', '--store', store]), refusal)
  const beside = [
    ['token', 'create', 'ci', '--store', store],
    ['agents', 'list', '--store', store],
    ['backup', join(folder, 'copy.db'), '--store', store],
  ]
  for (const args of beside) t.match(await nsentinelHere(['collector', ...args]), { exitCode: 0, stderr: '' })
  t.equal((await fetch(`${first.origin}/readyz`)).status, 200, 'the first one notices nothing')

  await first.end('SIGKILL')
  const next = await collect(t, ['--store', store])
  t.equal(await next.end('SIGTERM'), 0)
})
