import { once } from 'node:events'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { ExecaError, execa } from 'execa'
import t, { type Test } from 'tap'
import * as z from 'zod'
import type { Report } from '../src/model/finding.ts'
import type { Gap } from '../src/model/gap.ts'
import { whyNoCertificates } from './helpers/certificates.ts'
import { startDockerd } from './helpers/docker.ts'
import { whyNoDockerd } from './helpers/dockerd.ts'
import { askOver, makeCluster, SERVICE } from './helpers/pod-cluster.ts'
import { dockerArguments, readWorkload } from './helpers/pod-spec.ts'
import { buildProductImage } from './helpers/product-image.ts'
import { whyNoTools } from './helpers/tools-image.ts'
import { until } from './helpers/until.ts'
import { withoutReach } from './helpers/without-reach.ts'

const IMAGE = 'nsentinel'
const SCAN = ['scan', '--output', 'json']

t.setTimeout(240_000)

t.test('the image, on a real dockerd', { skip: whyNoDockerd() || whyNoTools() }, async (t) => {
  const dockerd = await startDockerd(t, { bridge: true })
  await buildProductImage(dockerd.docker, IMAGE)
  const agent = (await readWorkload('daemonset/base/agent.yaml')).spec.template.spec
  const folders = { 'host-run': dirname(dockerd.socketPath), ca: '/tmp', token: '/tmp' }
  const rights = [...dockerArguments(agent, folders), '--env', `NSENTINEL_NODE_NAME=${hostname()}`]
  const other = await dockerd.run('busybox')
  const samples = [
    other,
    await dockerd.run('--network', 'host', 'busybox'),
    await dockerd.run('--pid', 'host', '--ipc', 'host', 'busybox'),
    await dockerd.run('--network', `container:${other}`, '--user', '1234', 'busybox'),
    await dockerd.run('--cap-add', 'SYS_ADMIN', '--network', 'host', 'busybox', 'unshare', '-n', 'sleep', '1000'),
  ]

  t.test('says what it is', async (t) => {
    const about = await dockerd.docker('run', '--rm', IMAGE, '--version')
    t.match(about, /^\d+\.\d+\.\d+$/)
  })

  t.test('gives as the manifest runs it the verdicts that a scan on the host gives', async (t) => {
    const inside = await dockerd.docker('run', '--rm', ...rights, IMAGE, ...SCAN)
    const outside = await execa(process.execPath, ['src/cli/main.ts', ...SCAN, '--docker-socket', dockerd.socketPath])

    const seen = verdicts(inside.replaceAll('/var/run/docker.sock', dockerd.socketPath), samples)
    const truth = verdicts(outside.stdout, samples)
    // The agent's own ipc namespace hides the host's objects from it: a gap that clouds no verdict.
    const clouding = ({ affects }: Gap) => affects.length > 0
    t.strictSame({ ...seen, gaps: seen.gaps.filter(clouding) }, { ...truth, gaps: truth.gaps.filter(clouding) })
    t.equal(seen.containers.length, samples.length)
    t.strictSame(seen.findings.map(({ rule }) => rule).toSorted(), [
      'ineffective-declaration',
      'shared-ipc-namespace',
      'shared-net-namespace',
      'shared-pid-namespace',
    ])
  })

  t.test('tells in it, too, which listeners on :: take IPv4', async (t) => {
    const [both, only] = [await listenOnAny(t, false), await listenOnAny(t, true)]
    const report: Report = JSON.parse(await dockerd.docker('run', '--rm', ...rights, IMAGE, ...SCAN))
    const familyOf = (port: number) => report.listeners.find((listener) => listener.port === port)?.family
    t.strictSame([familyOf(both), familyOf(only)], ['dual', 'ipv6'])
  })

  t.test('is granted nothing by the manifest that it could do without, and says what it misses', async (t) => {
    const scanWithout = async (right: string, value: string) => {
      const at = rights.findIndex((argument, index) => argument === right && rights[index + 1] === value)
      t.not(at, -1, `the manifest grants ${right} ${value}`)
      const fewer = rights.toSpliced(at, 2)
      return await dockerd.docker('run', '--rm', ...fewer, IMAGE, ...SCAN, '--fail-on', 'critical').catch(failure)
    }
    const failure = (error: unknown) => String(error instanceof ExecaError ? error.stdout : error)

    const untraced = verdicts(await scanWithout('--cap-add', 'SYS_PTRACE'), samples)
    t.strictSame(new Set(untraced.containers.map(({ sharing }) => sharing.net.verdict)), new Set(['unknown']))
    t.match(
      untraced.gaps.find(({ affects }) => affects.includes(other)),
      { source: 'procfs', reason: 'denied' },
    )

    const unread = verdicts(await scanWithout('--cap-add', 'DAC_READ_SEARCH'), samples)
    t.match(
      unread.gaps.find(({ subject }) => subject === `open namespaces of container ${samples[3]}`),
      { source: 'procfs', reason: 'denied' },
    )

    const ruleless = verdicts(await scanWithout('--cap-add', 'NET_ADMIN'), samples)
    t.match(
      ruleless.gaps.filter(({ source }) => source === 'nat'),
      [{ reason: 'denied' }, { reason: 'denied' }, { reason: 'denied', affects: ['tcp', 'udp', 'sctp'] }],
    )

    const unrelated = verdicts(await scanWithout('--pid', 'host'), samples)
    t.match(
      unrelated.gaps.find(({ source }) => source === 'baseline'),
      { reason: 'denied' },
    )

    const elsewhere = verdicts(await scanWithout('--network', 'host'), samples)
    t.match(
      elsewhere.gaps.find(({ subject }) => subject === 'interfaces'),
      { source: 'host' },
    )
  })

  t.test('tells a collector, each run by its manifest, what it sees', { skip: whyNoCertificates() }, async (t) => {
    const gateway = await dockerd.docker('inspect', '--format', '{{.NetworkSettings.Gateway}}', other)
    const cluster = await makeCluster(t, gateway)
    const start = async (name: 'agent' | 'collector', ...options: readonly string[]) => {
      const { spec } = (await readWorkload(`daemonset/base/${name}.yaml`)).spec.template
      const mounts = dockerArguments(spec, { ...folders, ...cluster.folders })
      return await dockerd.run(...mounts, ...options, IMAGE, ...spec.containers[0].args)
    }

    const collector = await start('collector', ...cluster.env)
    const address = await dockerd.docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', collector)
    const ask = (path: string) => askOver(cluster.ca, address, path)
    await until(async () => ((await ask('/readyz')) === undefined ? undefined : true))
    const name = ['--add-host', `${SERVICE}:${address}`]
    const running = await start('agent', ...name, '--env', 'NSENTINEL_NODE_NAME=node-1')
    const containers = await until(async () => {
      const { items = [] } = page.safeParse(await ask('/api/v1/containers')).data ?? {}
      return items.length > samples.length ? items : undefined
    })

    t.match(
      containers.find(({ id }) => id === samples[1]),
      { node: 'node-1', sharing: { net: { observed: 'host' } } },
    )
    // What happened is kept once a second.
    const audit = await until(async () => {
      const told = audits.safeParse(await ask('/api/v1/audit')).data
      return told === undefined || told.items.length === 0 ? undefined : told
    })
    t.match(audit, {
      items: [{ action: 'enrolled', agentId: 'node-1', detail: 'service account token of node node-1' }],
    })
    const [{ livenessProbe }] = agent.containers
    t.ok(livenessProbe.exec)
    await dockerd.docker('exec', running, ...(livenessProbe.exec?.command ?? []))
    for (const container of [running, collector]) {
      await dockerd.docker('stop', container)
      t.equal(await dockerd.docker('inspect', '--format', '{{.State.ExitCode}}', container), '0')
    }
  })
})

const page = z.object({
  items: z.array(z.looseObject({ id: z.string(), node: z.string() })),
})

const audits = z.object({ items: z.array(z.looseObject({ action: z.string() })) })

/** Listens on `::` and gives the port. */
async function listenOnAny(t: Test, ipv6Only: boolean): Promise<number> {
  const server = createServer().listen({ host: '::', port: 0, ipv6Only })
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** What a report says of the node and of some containers; what changes by itself meanwhile is left out. */
function verdicts(json: string, ids: readonly string[]) {
  const given: Report = JSON.parse(json)
  const report = withoutReach(given)
  const { interfaces: _, ...node } = report.node
  const findings = report.findings.filter(
    // Pods of other tests may make this machine look like a Kubernetes node.
    ({ subject, rule }) => ids.includes(subject.containerId ?? '') && rule !== 'unmanaged-container',
  )
  return {
    node,
    baseline: report.baseline,
    gaps: report.gaps.filter(({ reason }) => reason !== 'gone'),
    containers: report.containers.filter(({ id }) => ids.includes(id)).toSorted((a, b) => a.id.localeCompare(b.id)),
    findings: findings.toSorted((a, b) => a.id.localeCompare(b.id)),
  }
}
