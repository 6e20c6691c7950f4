import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { nsentinel } from '../helpers/cli.ts'
import { gone } from '../helpers/running.ts'
import { ADDRESS, FIRST_LOOK, start } from '../helpers/start.ts'
import { readHistory } from '../helpers/stream.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

t.test('shows where the dashboard is and what is so, and stops all of it on Ctrl-C', async (t) => {
  const started = await start(t)
  await started.says(FIRST_LOOK)

  t.match(
    started.text(),
    'history is kept in memory only, --store FILE keeps it. Ctrl-C stops.\nlooking at this machine\n',
  )
  t.equal((await fetch(`${started.origin}/healthz`)).status, 200)

  t.equal(await started.end('SIGINT'), 0)
  await gone(started.agentPid)
  await t.rejects(fetch(`${started.origin}/healthz`))
  t.match(started.text(), /stopping\nstopped\n$/)
})

t.test('logs one person in with its address, and gives the next one another', async (t) => {
  const { origin, token, says, text } = await start(t)
  const before = text().length
  const login = () => fetch(`${origin}/?token=${token}`, { redirect: 'manual' })

  t.equal((await login()).status, 303)
  t.equal((await login()).status, 401)
  t.not((await says(ADDRESS, before)).groups?.['token'], token)
})

t.test('says in one line that its port is taken', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  const { exitCode, stdout, stderr } = await nsentinel(['start', '--port', port])

  t.equal(exitCode, 2)
  t.equal(stdout, '')
  t.equal(stderr, `nsentinel: 127.0.0.1:${port} is taken: choose another port with --port, 0 for any free one`)
})

t.test('listens on loopback only', async (t) => {
  const { agentPid, child, says } = await start(t)
  await says(FIRST_LOOK)

  t.strictSame(listeningAddresses(agentPid), [])
  t.strictSame(listeningAddresses(child.pid ?? 0), ['0100007F'])
})

t.test('keeps history in the file that it is told, for its owner only', async (t) => {
  const file = join(t.testdir({}), 'kept.db')
  const first = await start(t, '--store', file)
  await first.says(FIRST_LOOK)
  t.equal(await first.end('SIGTERM'), 0)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(first.text(), `history is kept in ${file}`)

  const second = await start(t, '--store', file)
  await second.says(FIRST_LOOK)
  t.notMatch(second.text(), /opened|resolved/)
  await second.end('SIGTERM')
  // The agent's spool stands beside: the second run goes on where the first one was.
  t.equal(statSync(`${file}.agent`).mode & 0o777, 0o700)
  t.equal(readHistory(file).filter(({ op }) => op === 'resync').length, 1)
})

/** The local addresses, as in /proc/net/tcp, on which a process listens. */
function listeningAddresses(pid: number): string[] {
  const fds = `/proc/${pid}/fd`
  const sockets = new Set(
    readdirSync(fds).flatMap(
      (fd) => /^socket:\[(?<inode>\d+)\]$/.exec(linkOf(`${fds}/${fd}`))?.groups?.['inode'] ?? [],
    ),
  )
  const rows = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1),
  )
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/)
    return state === '0A' && sockets.has(inode) ? [local.split(':')[0] ?? ''] : []
  })
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
