import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import t from 'tap'
import { parseForwarder } from '../../../src/sources/procfs/forwarders.ts'
import { Procfs } from '../../../src/sources/procfs/procfs.ts'
import { idOf } from '../../helpers/tasks.ts'

/** As dockerd 20.10 starts it. */
const PROXY = [
  '/usr/sbin/docker-proxy',
  ...['-proto', 'tcp', '-host-ip', '0.0.0.0', '-host-port', '8080'],
  ...['-container-ip', '172.17.0.2', '-container-port', '80'],
]

const READ = {
  kind: 'docker-proxy',
  protocol: 'tcp',
  hostAddress: '0.0.0.0',
  hostPort: 8080,
  containerAddress: '172.17.0.2',
  containerPort: 80,
}

function argv(...args: readonly string[]): string {
  return `${args.join('\0')}\0`
}

t.test('reads what a docker-proxy forwards, also after its program was replaced', async (t) => {
  t.strictSame(parseForwarder('/usr/sbin/docker-proxy', argv(...PROXY)), READ)
  t.strictSame(parseForwarder('/usr/bin/docker-proxy (deleted)', argv(...PROXY, '-use-listen-fd')), READ)
})

t.test('reads no proxy without all of its words, or with words that are none', async (t) => {
  const broken: readonly (readonly [string, string])[] = [
    ['tcp', 'icmp'],
    ['8080', '80800'],
    ['8080', '0'],
    ['8080', '-1'],
    ['0.0.0.0', '\u001b[2J'],
    ['172.17.0.2', ''],
  ]
  for (const [word, instead] of broken) {
    t.equal(parseForwarder('/usr/bin/docker-proxy', argv(...PROXY.map((arg) => (arg === word ? instead : arg)))), null)
  }
  t.equal(parseForwarder('/usr/bin/docker-proxy', argv(...PROXY.slice(0, -1))), null)
  t.equal(parseForwarder('/usr/bin/docker-proxy', ''), null)
})

t.test("reads whose conmon it is, and a user's forwarders", async (t) => {
  const id = idOf('abc')

  t.strictSame(parseForwarder('/usr/bin/conmon', argv('/usr/bin/conmon', '--api-version', '1', '-c', id, '-u', id)), {
    kind: 'conmon',
    containerId: id,
  })
  t.equal(parseForwarder('/usr/bin/conmon', argv('conmon', '-c', '../../etc')), null)
  for (const exe of ['/usr/lib/podman/rootlessport', '/usr/bin/pasta.avx2', '/usr/bin/slirp4netns']) {
    t.strictSame(parseForwarder(exe, argv(exe)), { kind: 'rootless' }, exe)
  }
  t.strictSame(parseForwarder('/usr/bin/podman', argv('containers-rootlessport')), { kind: 'rootless' })
  t.strictSame(parseForwarder('/usr/sbin/dockerd', argv('dockerd')), { kind: 'dockerd' })
})

t.test('takes no program for a proxy by its argv alone', async (t) => {
  t.equal(parseForwarder('/usr/bin/sleep', argv(...PROXY)), null)
  t.equal(parseForwarder('/usr/bin/podman', argv('podman', 'run')), null)
})

t.test('reads a process by its number and start time, and nothing of another one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ns-proxy-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const program = join(folder, 'docker-proxy')
  // The kernel names a program by its file: a shell of that name waits with a proxy's argv.
  await copyFile('/bin/sh', program)
  const child = execa(program, ['-c', 'echo ready; read -r _', ...PROXY], { reject: false })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await child
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const tasks = new Procfs('/proc')
  const leader = tasks.readProcess(child.pid ?? 0)?.leader
  const task = { pid: child.pid ?? 0, tid: child.pid ?? 0, startTime: leader?.startTime ?? 0 }

  t.strictSame(tasks.details.readForwarder(task), READ)
  t.strictSame(tasks.details.readForwarder(task), READ)
  t.equal(tasks.details.readForwarder({ ...task, startTime: task.startTime - 1 }), null)
})
