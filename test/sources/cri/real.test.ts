import { once } from 'node:events'
import { readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { execa } from 'execa'
import t from 'tap'
import { NAMESPACE_KINDS, type NamespaceKind } from '../../../src/model/namespace.ts'
import { createCriSource } from '../../../src/sources/cri/cri.ts'
import type { RuntimeContainer, RuntimeSource } from '../../../src/sources/source.ts'
import { followCauses } from '../../helpers/causes.ts'
import { PATH } from '../../helpers/commands.ts'
import { startContainerd, whyNoContainerd } from '../../helpers/containerd.ts'

const signal = AbortSignal.timeout(180_000)

t.test('on a real containerd', { skip: whyNoContainerd(), timeout: 180_000 }, async (t) => {
  const containerd = await startContainerd(t)
  const source = createCriSource({ socketPath: containerd.socketPath, timeoutMs: 30_000 })

  t.test('declares what the kernel then shows, of every kind of pod', async (t) => {
    const pods = {
      plain: await containerd.runPod({ name: 'plain' }),
      hostNetwork: await containerd.runPod({ network: 'NODE' }),
      hostPid: await containerd.runPod({ pid: 'NODE' }),
      hostIpc: await containerd.runPod({ ipc: 'NODE' }),
      all: await containerd.runPod({ network: 'NODE', pid: 'NODE', ipc: 'NODE' }),
      sharedPid: await containerd.runPod({ pid: 'POD' }),
    }
    const sidecarId = await pods.sharedPid.run({ name: 'sidecar' })
    const debuggerId = await pods.plain.run({ name: 'debugger', target: pods.plain.containerId })
    const rows = await listById(source)
    const declaredOf = (id: string) => {
      const { net, pid, ipc, uts } = rows.get(id)?.declared ?? {}
      return [net, pid, ipc, uts].map((declaration) => declaration?.declared)
    }

    t.strictSame(declaredOf(pods.plain.containerId), ['pod', 'private', 'pod', 'pod'])
    t.strictSame(declaredOf(debuggerId), ['pod', `container:${pods.plain.containerId}`, 'pod', 'pod'])
    t.strictSame(declaredOf(pods.hostNetwork.containerId), ['host', 'private', 'pod', 'host'])
    t.strictSame(declaredOf(pods.hostPid.containerId), ['pod', 'host', 'pod', 'pod'])
    t.strictSame(declaredOf(pods.hostIpc.containerId), ['pod', 'private', 'host', 'pod'])
    t.strictSame(declaredOf(pods.all.containerId), ['host', 'host', 'host', 'host'])
    t.strictSame(declaredOf(pods.sharedPid.containerId), ['pod', 'pod', 'pod', 'pod'])
    t.strictSame(declaredOf(sidecarId), ['pod', 'pod', 'pod', 'pod'])
    t.equal(rows.size, 14)
    for (const row of rows.values()) {
      for (const kind of NAMESPACE_KINDS) t.ok(isTrue(row, kind, rows), `${row.role} of ${row.pod?.name}: ${kind}`)
    }
    await Promise.all(Object.values(pods).map((pod) => pod.remove()))
  })

  t.test('tells whose a container is and what it runs', async (t) => {
    const labels = { 'pod-template-hash': '6c5d8f9b7' }
    const pod = await containerd.runPod({ name: 'web-6c5d8f9b7-x2k4p', namespace: 'shop', labels })
    const rows = await listById(source)

    const { name, namespace, uid, sandboxId } = pod
    const common = {
      state: 'running',
      restarts: 0,
      image: 'localhost/busybox:1',
      runtime: { name: 'containerd', socket: containerd.socketPath },
      shim: 'io.containerd.runc.v2',
      pod: { name, namespace, uid, static: false, proof: 'cri', workload: 'web' },
    }
    t.match(rows.get(sandboxId), { ...common, role: 'sandbox', pod: { container: 'POD' } })
    t.match(rows.get(pod.containerId), {
      ...common,
      role: 'container',
      name: 'app',
      sandboxId,
      pod: { container: 'app' },
    })
    for (const { id, initPid, startedAt } of rows.values()) {
      t.match(readFileSync(`/proc/${initPid}/cgroup`, 'utf8'), new RegExp(`/pod${uid}/${id}$`, 'm'))
      t.ok(Math.abs(Date.now() - (startedAt ?? 0)) < 60_000)
    }
    await pod.remove()
  })

  t.test('tells the hostPorts that portmap has made rules for', async (t) => {
    const hostPort = await findFreePort()
    const port = { hostPort, containerPort: 8080, hostIp: '127.0.0.1' }
    const pod = await containerd.runPod({ ports: [port, { hostPort: 0, containerPort: 9000 }] })
    const rows = await listById(source)
    const rules = await execa('iptables-save', ['--table', 'nat'], { env: { PATH } })

    t.strictSame(rows.get(pod.sandboxId)?.ports, [
      { hostAddress: '127.0.0.1', hostPort, containerPort: 8080, protocol: 'tcp', implicit: false },
    ])
    t.match(rules.stdout, new RegExp(`--dport ${hostPort} -j DNAT --to-destination 198\\.18\\.\\d+\\.\\d+:8080`))
    await pod.remove()
  })

  t.test('forgets a container that ended, and a pod that was removed', async (t) => {
    const pod = await containerd.runPod()
    const secondId = await pod.run({ name: 'second' })
    await pod.removeContainer(secondId)
    t.strictSame([...(await listById(source)).keys()], [pod.sandboxId, pod.containerId])

    await pod.remove()
    t.equal((await listById(source)).size, 0)
  })

  t.test('tells of starts and ends, and lives through a restart of containerd', async (t) => {
    const causes = followCauses(t, createCriSource({ socketPath: containerd.socketPath, pollMs: 100 }))
    const pod = await containerd.runPod({ name: 'seen' })
    t.match(await causes.next(), /^cri start /)
    const before = await source.list(signal)

    await containerd.crash()
    const without = await source.list(signal)
    t.strictSame(without.containers, before.containers)
    t.match(without.gaps, [{ source: 'cri', subject: containerd.socketPath, reason: 'gone', affects: '*' }])

    await containerd.restart()
    t.strictSame(await source.list(signal), before)
    await pod.remove()
    t.ok(await sawStop(causes))
  })
})

async function listById(source: RuntimeSource): Promise<ReadonlyMap<string, RuntimeContainer>> {
  const { containers, gaps } = await source.list(signal)
  if (gaps.length > 0) throw new Error(`gaps: ${JSON.stringify(gaps)}`)
  return new Map(containers.map((container) => [container.id, container]))
}

/** Holds a declaration against the namespaces of the init process that the runtime names. */
function isTrue(row: RuntimeContainer, kind: NamespaceKind, rows: ReadonlyMap<string, RuntimeContainer>): boolean {
  const { declared } = row.declared[kind]
  const inode = inodeOf(row, kind)
  const sandbox = inodeOf(rows.get(row.sandboxId ?? row.id), kind)
  if (inode === readlinkSync(`/proc/self/ns/${kind}`)) return declared === 'host'
  if (declared === 'pod') return inode === sandbox
  if (declared === 'private') return row.role === 'sandbox' || inode !== sandbox
  return inode === inodeOf(rows.get(declared.replace(/^container:/, '')), kind)
}

function inodeOf(row: RuntimeContainer | undefined, kind: NamespaceKind): string {
  return readlinkSync(`/proc/${row?.initPid}/ns/${kind}`)
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function sawStop(causes: ReturnType<typeof followCauses>): Promise<boolean> {
  let cause = await causes.next()
  while (!cause.startsWith('cri stop ')) cause = await causes.next()
  return true
}
