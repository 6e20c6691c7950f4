import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FRAMES = 50_000

t.setTimeout(300_000)

t.test('names and counts every hostile frame, believes none, and lets no other agent notice', async (t) => {
  const args = ['--expose-gc', 'soak/main.ts', 'hostile-frames', '--count', String(FRAMES)]
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGTERM'))
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')])

  t.comment(output)
  t.match(output, /^ {4}SEED=\d+ npm run soak -- hostile-frames --count 50000$/m)
  t.ok(Number(/hostile frames and handshakes \| (?<frames>\d+)/.exec(output)?.groups?.['frames']) >= FRAMES)
  for (const name of ['malformed', 'unexpected', 'out-of-order', 'wrong-secret', 'node-taken', 'wrong-token']) {
    t.match(output, new RegExp(`how the collector ended them \\|.*\\b${name} \\d+`), name)
  }
  t.match(output, /^Faults: none\.$/m)
  t.equal(exitCode, 0)
})
