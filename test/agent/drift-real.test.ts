import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import t, { type Test } from 'tap'
import { diff, stateOf } from '../../src/model/changes.ts'
import type { Report } from '../../src/model/finding.ts'
import { createDockerSource } from '../../src/sources/docker/docker.ts'
import { Procfs } from '../../src/sources/procfs/procfs.ts'
import { PATH } from '../helpers/commands.ts'
import { startDockerd } from '../helpers/docker.ts'
import { whyNoDockerd } from '../helpers/dockerd.ts'
import { STAY, start, whyNoCompiler } from '../helpers/namespaces.ts'
import { scanMachine } from '../helpers/scan-machine.ts'
import { until } from '../helpers/until.ts'
import { withoutReach } from '../helpers/without-reach.ts'

t.setTimeout(180_000)

/** Rules that say whose namespace a task of a container is in, or could be in at any moment. */
const SHARING = /^(?:shared-.*|undeclared-sharing|ineffective-declaration|escaped-process|held-host-namespace)$/

/** What is made to drift here; pid and cgroup namespaces are the host's by declaration. */
const DRIFTS: ReadonlySet<string> = new Set(['net', 'cgroup-path'])

/** The host's net namespace in a folder that containers can mount, and the programs that drift into it. */
async function layOut(t: Test): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ns-'))
  mkdirSync(join(folder, 'bin'))
  const source = new URL('../fixtures/proc/drift.c', import.meta.url).pathname
  await execa('cc', ['-static', '-pthread', '-o', join(folder, 'bin/drift'), source])
  const net = join(folder, 'net')
  writeFileSync(net, '')
  await execa('mount', ['--bind', `/proc/${process.pid}/ns/net`, net], { env: { PATH } })
  t.teardown(async () => {
    await execa('umount', [net], { env: { PATH } })
    rmSync(folder, { recursive: true })
  })
  return folder
}

t.test('finds drift on a real dockerd', { skip: whyNoDockerd() || whyNoCompiler() }, async (t) => {
  const folder = await layOut(t)
  const dockerd = await startDockerd(t)
  const tasks = new Procfs('/proc')
  const runtimes = [createDockerSource({ socketPath: dockerd.socketPath, timeoutMs: 20_000 })]
  const look = () => scanMachine({ tasks, runtimes })
  const on = ({ findings }: Report, id: string) => findings.filter(({ subject }) => subject.containerId === id)
  const sharing = (report: Report, id: string) =>
    on(report, id).flatMap(({ rule, fact }) => (SHARING.test(rule) && DRIFTS.has(fact) ? [`${rule} ${fact}`] : []))
  /** A container whose shell runs this and waits. */
  const drifting = (script: string, ...args: readonly string[]) =>
    dockerd.run(...args, 'busybox', 'sh', '-c', `${script}; sleep 2147483647`)
  const ready = (id: string) => until(async () => (await dockerd.docker('logs', id)).includes('ready') || undefined)
  /** Ends what the container's script started. */
  const calm = (id: string) => dockerd.docker('exec', id, 'sh', '-c', 'kill -9 $(cat /tmp/pid)')

  const visits = (report: Report, id: string) =>
    on(report, id).flatMap(({ rule, fact }) => (rule === 'visiting-process' ? [`${rule} ${fact}`] : []))

  const ADMIN = ['--cap-add', 'SYS_ADMIN', '--cap-add', 'SYS_PTRACE', '--security-opt', 'seccomp=unconfined']
  const HOST_NET = `/proc/${process.pid}/ns/net`
  const FOREVER = 'echo ready; exec sleep 2147483647'
  const CASES: readonly (readonly [string, string, readonly string[], string])[] = [
    [
      'nsenter from inside into a host process’s net namespace',
      `nsenter -t ${process.pid} -n sh -c '${FOREVER}' & echo $! > /tmp/pid`,
      [...ADMIN, '--pid', 'host'],
      'escaped-process net',
    ],
    [
      'setns by one thread only',
      `/n/drift thread-net ${HOST_NET} & echo $! > /tmp/pid`,
      [...ADMIN, '--pid', 'host', '-v', `${folder}/bin:/n`],
      'escaped-process net',
    ],
    [
      'a process that leaves the cgroup',
      `(for file in /cg/cgroup.procs /cg/*/cgroup.procs; do echo 0 > $file; done 2>/dev/null; ${FOREVER}) & echo $! > /tmp/pid`,
      [...ADMIN, '--cgroupns', 'host', '-v', '/sys/fs/cgroup:/cg'],
      'escaped-process cgroup-path',
    ],
    [
      'an open file descriptor of the host’s net namespace',
      `sh -c '${FOREVER}' 3< ${HOST_NET} & echo $! > /tmp/pid`,
      [...ADMIN, '--pid', 'host'],
      'held-host-namespace net',
    ],
  ]
  for (const [what, script, args, expected] of CASES) {
    t.test(`${what}: one finding, which names its origin and resolves`, async (t) => {
      const id = await drifting(script, '--network', 'none', ...args)
      await ready(id)
      const first = await look()
      const drift = on(first, id).find(({ rule }) => expected.startsWith(rule))

      t.strictSame(sharing(first, id), [expected])
      t.match(JSON.stringify(drift?.evidence), /"origin":.*"parents":\[\{"pid":.*"comm":"containerd-shim"/)
      const changes = diff(stateOf(withoutReach(first)), stateOf(withoutReach(await look())), 0)
      t.strictSame(
        changes.filter(({ key }) => key === drift?.id || key === id),
        [],
        'nothing new while it stands still',
      )
      await calm(id)
      t.strictSame(sharing(await look(), id), [], 'it resolves')
      await dockerd.remove(id)
    })
  }

  t.test('docker exec that leaves the cgroup: one finding, as of the container itself', async (t) => {
    const id = await drifting('true', '--network', 'none', '--cgroupns', 'host', '-v', '/sys/fs/cgroup:/cg', ...ADMIN)
    const leave = 'for file in /cg/cgroup.procs /cg/*/cgroup.procs; do echo 0 > $file; done; sleep 2147483647'
    await dockerd.docker('exec', '--detach', id, 'sh', '-c', `echo $$ > /tmp/pid; ${leave}`)
    const found = await until(async () => {
      const report = await look()
      return sharing(report, id).length > 0 ? report : undefined
    })

    t.strictSame([...sharing(found, id), ...visits(found, id)], ['escaped-process cgroup-path'])
    await calm(id)
    await dockerd.remove(id)
  })

  t.test('a bind mount of the host’s net namespace: one finding, until the container is gone', async (t) => {
    const id = await dockerd.run('--network', 'none', '-v', `${folder}/net:/n`, 'busybox')
    const found = await look()

    t.strictSame(sharing(found, id), ['held-host-namespace net'])
    t.match(
      on(found, id).find(({ rule }) => rule === 'held-host-namespace'),
      { severity: 'low', evidence: { mountPoints: ['/n'], tasks: [], total: 0 } },
    )
    await dockerd.remove(id)
    t.strictSame(on(await look(), id), [])
  })

  t.test('an unshare inside: one finding where it makes a declaration void, none where nobody minds', async (t) => {
    const args = ['--cap-add', 'SYS_ADMIN', '--security-opt', 'seccomp=unconfined']
    const moved = await dockerd.run('--network', 'host', ...args, 'busybox', 'unshare', '-n', 'sleep', '2147483647')
    const plain = await dockerd.run('--network', 'none', ...args, 'busybox', 'sh', '-c', 'unshare -n sleep 9999 & wait')
    const isMixed = async () => {
      const report = await look()
      const observed = (id: string) => report.containers.find((container) => container.id === id)?.sharing.net.observed
      return observed(plain) === 'mixed' && observed(moved) === 'own' ? report : undefined
    }
    const report = await until(isMixed)

    t.strictSame(sharing(report, moved), ['ineffective-declaration net'])
    t.strictSame(sharing(report, plain), [])
    await Promise.all([dockerd.remove(moved), dockerd.remove(plain)])
  })

  t.test('a host process that enters a container: a visitor, named with its parents, while it is there', async (t) => {
    const id = await dockerd.run('--network', 'none', 'busybox')
    const pid = await dockerd.docker('inspect', '--format', '{{.State.Pid}}', id)
    await dockerd.docker('exec', '--detach', id, 'sleep', '2147483647')
    t.strictSame(visits(await look(), id), [], 'docker exec is none')
    const visitor = await start(t, 'nsenter', '--target', pid, '--net', '--ipc', 'sh', '-c', STAY)

    const report = await look()
    t.strictSame(visits(report, id), ['visiting-process visitors'])
    t.strictSame(sharing(report, id), [])
    t.match(
      report.containers.find((container) => container.id === id),
      {
        visitors: {
          total: 1,
          tasks: [{ pid: visitor.pid, comm: 'sh', origin: { parents: [{ pid: process.pid }] } }],
        },
      },
    )
    await visitor.end()
    t.strictSame(visits(await look(), id), [])
  })
})
