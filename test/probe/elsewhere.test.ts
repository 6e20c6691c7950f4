import { closeSync, statSync } from 'node:fs'
import t, { type Test } from 'tap'
import { parseProbeAnswer } from '../../src/cli/probe/result.ts'
import { createProberElsewhere, type ElsewhereOptions } from '../../src/probe/elsewhere.ts'
import type { ProbeTarget } from '../../src/probe/probe.ts'
import { openNet } from '../../src/sources/procfs/open-net.ts'
import { createFileReader } from '../../src/sources/procfs/read-file.ts'
import { parseStat } from '../../src/sources/procfs/stat.ts'
import { TAKEN_AT } from '../helpers/builders.ts'
import { MAIN } from '../helpers/cli.ts'
import { isInstalled, PATH } from '../helpers/commands.ts'
import { start, whyNoNamespaces } from '../helpers/namespaces.ts'
import { serveTcp } from '../helpers/servers.ts'

const skip = whyNoNamespaces() || (!isInstalled('ip') && 'not installed: ip')
const NEVER = new AbortController().signal

/** Greets on loopback, and says on which port. */
const GREETER = `
  const server = require('node:net').createServer((socket) => socket.end('hello from inside\\n'))
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))`

/** A net namespace of its own, in which somebody greets on loopback where it is up. */
async function inside(t: Test, given: Partial<ElsewhereOptions> = {}) {
  const up = `ip link set lo up && exec "$@"`
  const greeter = await start(t, 'unshare', '--net', 'sh', '-c', up, 'sh', process.execPath, '--eval', GREETER)
  const { pid, line } = greeter
  const { startTime } = parseStat(createFileReader()(`/proc/${pid}/stat`))
  const inode = statSync(`/proc/${pid}/ns/net`).ino
  const netFd = openNet('/proc', { pid, startTime, inode })
  t.teardown(() => closeSync(netFd))
  const prober = createProberElsewhere({
    netFd,
    vantage: 'container:c0ffee',
    exclude: [],
    addresses: [],
    program: [process.execPath, MAIN, 'internal-probe'],
    path: PATH,
    parseAnswer: parseProbeAnswer,
    now: () => TAKEN_AT,
    ...given,
  })
  return { greeter, prober, port: Number(line), member: { pid, startTime, inode } }
}

const tcp = (port: number, address = '127.0.0.1'): ProbeTarget => ({ address, port, protocol: 'tcp' })

t.test('asks from inside of another net namespace, and names it', { skip }, async (t) => {
  const outside = await serveTcp(t, (socket) => socket.end('hello from outside\n'))
  const { prober, port } = await inside(t)
  const told: string[] = []

  const answers = await prober.probe([tcp(port), tcp(outside)], 'identify', NEVER, ({ outcome }) => told.push(outcome))

  t.match(answers, [
    {
      vantage: 'container:c0ffee',
      port,
      outcome: 'open',
      identity: { protocol: 'banner', banner: 'hello from inside' },
    },
    { vantage: 'container:c0ffee', port: outside, outcome: 'refused' },
  ])
  t.strictSame(told.toSorted(), ['open', 'refused'])
})

t.test('takes addresses there for its own, and the node’s as it is told, and no others', { skip }, async (t) => {
  const { prober } = await inside(t, { addresses: ['192.0.2.99'], exclude: [{ ports: [7, 7] }] })

  const answers = await prober.probe([tcp(80, '192.0.2.99'), tcp(80, '198.51.100.1'), tcp(7)], 'connect', NEVER)

  // A namespace with nothing but loopback has no way to any address.
  t.match(answers, [
    { outcome: 'unreachable' },
    { outcome: 'not-asked', detail: 'no address of this node' },
    { outcome: 'not-asked', detail: 'excluded' },
  ])
})

t.test('says in each answer why it could not be asked', { skip }, async (t) => {
  const noProgram = await inside(t, { program: ['/nonexistent'] })
  const noNsenter = await inside(t, { path: '/nonexistent' })
  const noNamespace = await inside(t, { netFd: 0 })

  t.match(await noProgram.prober.probe([tcp(1)], 'connect', NEVER), [{ outcome: 'failed', detail: /nonexistent/ }])
  t.match(await noNsenter.prober.probe([tcp(1)], 'connect', NEVER), [
    { outcome: 'failed', detail: 'nsenter is not installed' },
  ])
  t.match(await noNamespace.prober.probe([tcp(1)], 'connect', NEVER), [{ outcome: 'failed', detail: /nsenter: / }])
})

t.test('is ended by its signal', { skip }, async (t) => {
  const { prober, port } = await inside(t)

  t.match(await prober.probe([tcp(port)], 'connect', AbortSignal.abort()), [{ outcome: 'not-asked' }])
})

t.test('opens no namespace of a process that is another one by now, or elsewhere', { skip }, async (t) => {
  const { greeter, member } = await inside(t)

  t.throws(() => openNet('/proc', { ...member, startTime: member.startTime + 1 }), { code: 'ESRCH' })
  t.throws(() => openNet('/proc', { ...member, inode: member.inode + 1 }), { code: 'ESRCH' })
  await greeter.end()
  t.throws(() => openNet('/proc', member), { code: 'ENOENT' })
})
