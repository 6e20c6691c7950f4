import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { whyNoDockerd } from '../helpers/dockerd.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = ['--expose-gc', 'soak/main.ts']
const STARTS = 30

t.setTimeout(240_000)

t.test('says nothing false of containers that come and go, and leaks nothing', { skip: whyNoDockerd() }, async (t) => {
  const { output, exitCode } = await runSoak('container-churn', '--count', String(STARTS))

  t.comment(output)
  t.match(output, /^ {4}SEED=\d+ npm run soak -- container-churn --count 30$/m)
  t.match(output, new RegExp(`^\\| container starts \\| ${STARTS} \\|$`, 'm'))
  t.match(output, /^Faults: none\.$/m)
  t.equal(exitCode, 0)
})

t.test('lists what can be soaked when it is given no name, or one that is none', async (t) => {
  const [none, wrong] = await Promise.all([runSoak(), runSoak('nothing')])

  for (const { output } of [none, wrong]) t.match(output, /^ {2}container-churn {2}\S.* \(1000\)$/m)
  t.strictSame([none.exitCode, wrong.exitCode], [0, 2])
})

/** Ended by SIGTERM, it ends its dockerd. */
async function runSoak(...args: readonly string[]) {
  const child = spawn(process.execPath, [...MAIN, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGTERM'))
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { output, exitCode }
}
