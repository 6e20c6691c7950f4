import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { whyNoPostgres } from '../helpers/postgres.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SMALL = ['--events', '5000', '--findings', '500', '--nodes', '5']

t.setTimeout(240_000)

t.test(
  'moves a store into a PostgreSQL of its own, and says how long it took',
  { skip: whyNoPostgres() },
  async (t) => {
    const bench = spawn(process.execPath, ['bench/migrate.ts', ...SMALL], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.teardown(() => bench.kill('SIGTERM'))
    const [output, [exitCode]] = await Promise.all([text(bench.stdout), once(bench, 'close')])

    t.equal(exitCode, 0)
    // Beside them 300 rows of state, and one that says how far history was pruned.
    t.match(output, /^every row read once +5811 rows in [\d.]+ s$/m)
    t.match(output, /^moved, and read back +[\d.]+ s, [\d.]+ ×: \d+ rows a second$/m)
    t.match(output, /^memory, half way and most +\d+ MiB \/ \d+ MiB$/m)
  },
)
