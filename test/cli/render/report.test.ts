import t from 'tap'
import { renderReport } from '../../../src/cli/render/report.ts'
import { widthOf } from '../../../src/cli/render/text.ts'
import type { Report } from '../../../src/model/finding.ts'
import { baseline, container, finding, gap, HOST_INODES, node, port, report, TAKEN_AT } from '../../helpers/builders.ts'
import { plainView } from '../../helpers/plain-view.ts'

const RULES = ['shared-net-namespace', 'blind-agent']

function render(given: Partial<Report>, columns?: number): string {
  return renderReport(report(given), RULES, plainView(columns))
}

t.test('begins with the node, the look and what proves the host', async (t) => {
  const text = render({ containers: [container()] })

  t.ok(text.startsWith('node      node-1 · Debian GNU/Linux 12 · Linux 6.18.0 · x64 · cgroups v2\n'))
  t.match(text, 'look      2026-01-02 03:04:05Z · 42 ms · procfs as root · 1 container\n')
  t.match(text, `host      by pid1: net ${HOST_INODES.net} · pid ${HOST_INODES.pid}`)
})

t.test('says which kinds nothing proves, and what follows', async (t) => {
  const proven = { ipc: { inode: 1, by: 'constant' }, uts: { inode: 2, by: 'majority' } } as const
  const text = render({ baseline: baseline({ node: proven, kernel: null, nested: true }) })

  t.match(text, "host      by the kernel's constants: ipc 1\n")
  t.match(text, 'host      by most host processes: uts 2\n')
  t.match(text, "nothing proves the host's net, pid, mnt, user, cgroup, time: verdicts on it are unknown")
  t.match(text, "nested in a container; the kernel's own namespaces are not known")
})

t.test('lists what was not seen before any container, alike gaps together', async (t) => {
  const containers = ['a', 'b', 'c', 'd'].map((digit) => container({ id: digit.repeat(64), name: `web-${digit}` }))
  const closed = containers.map(({ id }) =>
    gap({ source: 'procfs', subject: `container ${id}`, reason: 'denied', affects: [id] }),
  )
  const text = render({
    containers,
    gaps: [
      gap({ detail: 'no\nanswer' }),
      ...closed,
      gap({ subject: 'x', affects: [] }),
      gap({ affects: ['tcp', 'udp'] }),
    ],
  })

  t.ok(text.indexOf('PARTIAL: 7 gaps. This was not seen:') < text.indexOf('CONTAINER'))
  t.match(text, '  docker: /run/docker.sock: timeout · clouds everything · no\\x0aanswer\n')
  t.match(
    text,
    '  procfs: container aaaaaaaaaaaa, container bbbbbbbbbbbb, container cccccccccccc and 1 more: denied · clouds web-a, web-b, web-c and 1 more\n',
  )
  t.match(text, '  docker: x: timeout · clouds no verdict\n')
  t.match(text, '  docker: /run/docker.sock: timeout · clouds tcp, udp\n')
})

t.test('says that root would see what was denied, where it was not root', async (t) => {
  const gaps = [gap({ reason: 'denied' })]

  t.match(render({ gaps, node: node({ uid: 1000 }) }), '  Root would see what was denied.\n')
  t.notMatch(render({ gaps }), 'Root would')
  t.notMatch(render({ gaps: [gap()], node: node({ uid: 1000 }) }), 'Root would')
})

t.test('shows findings by severity with their evidence, accepted ones last', async (t) => {
  const text = render({
    containers: [container()],
    findings: [
      finding({ severity: 'low', summary: 'small' }),
      finding({
        severity: 'critical',
        summary: 'taken on purpose',
        status: 'accepted',
        acceptance: { exception: 'node-exporter', reason: 'it\nmust', expiresAt: TAKEN_AT },
      }),
      finding({ severity: 'high', stale: true, evidence: { declared: 'host', declaredBy: 'docker', hostInode: 7 } }),
    ],
  })

  t.match(
    text,
    /HIGH +web runs in the host's network namespace\n +shared-net-namespace · container c0ffee000000 · stale/,
  )
  t.match(text, 'declared host by docker · host inode 7\n')
  t.match(text, 'accepted · by node-exporter: it\\x0amust, until 2026-01-02 03:04:05Z\n')
  t.strictSame(
    ['HIGH', 'LOW', 'CRITICAL'].map((word) => text.indexOf(`\n${word}`)),
    ['HIGH', 'LOW', 'CRITICAL'].map((word) => text.indexOf(`\n${word}`)).sort((a, b) => a - b),
  )
  t.match(text, '2 findings: 1 high, 1 low. 1 accepted.\n')
})

t.test('names the capabilities and tasks that evidence holds', async (t) => {
  const comm = '\u001b]0;x\u0007'
  const parents = [
    { pid: 4, comm: 'sh', exe: '/bin/sh' },
    { pid: 1, comm, exe: null },
  ]
  const origin = { exe: '/bin/x', parents, loginUid: 1000, sessionId: null, cgroup: `/docker/${'c'.repeat(64)}` }
  const tasks = [
    { pid: 5, tid: 6, startTime: 7, comm, origin },
    { pid: 8, tid: 8, startTime: 9, comm: 'sh' },
  ]
  const evidence = {
    privileges: { uid: 0, effectiveCapabilities: '0000000000280000' },
    others: [{ relation: 'host', inode: 1, tasks, total: 2 }],
    sightings: 2,
    declaredBy: null,
    list: [1, 2, 3, 4, 5],
  }
  const text = render({ findings: [finding({ evidence })] })

  t.match(text, 'uid 0 · 2 capabilities, among them SYS_ADMIN, SYS_PTRACE')
  t.match(
    text,
    'others: relation host, inode 1, tasks: \\x1b]0;x\\x07 (pid 5, thread 6, /bin/x), started by sh (pid 4, /bin/sh) < \\x1b]0;x\\x07 (pid 1), login uid 1000, cgroup /docker/cccccccccccc…; sh (pid 8), total 2',
  )
  t.match(text, 'seen twice')
  t.match(text, 'list: 1; 2; 3 and 2 more')
})

t.test('says who looked at what when nothing was found', async (t) => {
  t.match(
    render({ containers: [container()] }),
    /\nNo finding\.\n2 rules looked at 1 container: shared-net-namespace, blind-agent\.\n$/,
  )
  t.match(render({}), /\nNo finding\.\nThere was no container to look at\.\n$/)
})

t.test('says "no open finding" where some are accepted', async (t) => {
  const acceptance = { exception: 'mine', reason: 'because', expiresAt: null }
  const text = render({ containers: [container()], findings: [finding({ status: 'accepted', acceptance })] })

  t.match(text, '\nNo open finding.\n')
  t.match(text, ' 1 accepted.\n')
})

t.test('never says "no finding" without what could hide one', async (t) => {
  const text = render({ containers: [container()], gaps: [gap()] })

  t.match(text, '\nNo finding in what could be seen.\n')
  t.match(text, 'The look was partial: 1 gap may hide more.\n')
})

t.test('keeps every line within 60, 100 and 160 cells', async (t) => {
  const name = '日本語コンテナ'.repeat(12)
  const given = {
    containers: [container({ name, sharing: { net: { declared: 'host', observed: 'host' } } })],
    gaps: [gap({ detail: 'why '.repeat(40), subject: '/x'.repeat(90) })],
    ports: [port({ hostAddress: '2001:db8::1', declaredBy: [{ by: 'docker', containerId: 'x', implicit: false }] })],
    findings: [finding({ summary: `${name} runs in the host's network namespace` })],
  }

  for (const columns of [60, 100, 160]) {
    const tooWide = render(given, columns)
      .split('\n')
      .filter((line) => widthOf(line) > columns)
    t.strictSame(tooWide, [], `fits ${columns}`)
  }
})
