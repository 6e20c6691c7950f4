import t from 'tap'
import { narrow } from '../../../src/cli/narrow.ts'
import { renderExplanation } from '../../../src/cli/render/explain.ts'
import type { SecurityLabel } from '../../../src/model/container.ts'
import type { Report } from '../../../src/model/finding.ts'
import { container, finding, gap, HOST_INODES, privileges, report, TAKEN_AT } from '../../helpers/builders.ts'
import { plainView } from '../../helpers/plain-view.ts'

function explain(whole: Report): string {
  const narrowed = narrow(whole, 'web')
  const [only = container()] = narrowed.containers
  return renderExplanation(narrowed, only, whole, plainView())
}

t.test('tells who a container is and what it may do', async (t) => {
  const pod = { namespace: 'shop', name: 'cart', uid: 'u-1', container: 'web', static: true, proof: 'claim' } as const
  const text = explain(
    report({
      containers: [
        container({
          pod,
          parent: 'outer',
          sandboxId: 'pause',
          runtime: { name: 'docker', socket: '/run/docker.sock', handler: 'runc', user: 'me' },
          privileges: privileges({ uid: 7, effectiveCapabilities: '0000000000000003', noNewPrivs: true }),
        }),
      ],
    }),
  )

  t.match(text, 'web (container, running)\n')
  t.match(
    text,
    'image busybox:latest · started 2026-01-02 03:03:05Z · 0 restarts · main pid 4711 · 1 process with 1 thread',
  )
  t.match(text, 'runtime docker on /run/docker.sock · handler runc · of user me · known to docker, cgroups')
  t.match(text, 'inside container outer · sandbox pause')
  t.match(text, 'pod shop/cart · container web · uid u-1 · static · by its own labels only, not proven')
  t.match(
    text,
    'uid 7 · seccomp filter · no_new_privs set · apparmor docker-default (enforce) · capabilities CHOWN DAC_OVERRIDE',
  )
  t.match(text, `user namespace ${HOST_INODES.user}, its root is uid 0 outside`)
})

t.test('says what could not be read instead of leaving it out', async (t) => {
  const text = explain(
    report({
      containers: [
        container({
          image: null,
          startedAt: null,
          initPid: null,
          privileges: null,
          userNs: { inode: null, rootMapsTo: null },
          sharing: { net: { observed: 'unknown', declared: 'unknown', declaredBy: null, sightings: 1 } },
        }),
      ],
      gaps: [gap()],
    }),
  )

  t.match(text, 'image unknown · start unknown')
  t.match(text, 'main pid unknown')
  t.match(text, 'what it may do could not be read · user namespace unknown, its root maps to nobody known')
  t.match(text, /net +unknown +\? +unknown \(seen once\) +\? +\d+ +nobody/)
  t.match(text, 'No finding on it in what could be seen.')
})

t.test('shows each kind declared against observed, with both inodes and who declared it', async (t) => {
  const db = container({ id: 'db'.padEnd(64, '0'), name: 'db' })
  const web = container({
    sharing: {
      net: { declared: 'private', observed: 'host', declaredBy: 'docker HostConfig.NetworkMode=bridge' },
      pid: { declared: `container:${db.id}`, observed: `container:${db.id}`, inode: 12, declaredBy: 'docker' },
    },
  })
  const text = explain(report({ containers: [web, db], findings: [finding()] }))

  t.match(
    text,
    new RegExp(`net +private +HOST +undeclared sharing +${HOST_INODES.net} +${HOST_INODES.net} +docker HostConfig`),
  )
  t.match(text, new RegExp(`pid +→db +→db +as declared +12 +${HOST_INODES.pid} +docker\n`))
  t.match(text, /HIGH +web runs in/)
  t.notMatch(text, 'No finding')
})

t.test('names the tasks that sit elsewhere than the main task', async (t) => {
  const tasks = [
    { pid: 5, tid: 5, startTime: TAKEN_AT, comm: 'sh\u001b[m' },
    { pid: 6, tid: 7, startTime: TAKEN_AT, comm: 'thread' },
  ]
  const others = [{ relation: 'host', inode: 99, tasks, total: 12 }] as const
  const text = explain(report({ containers: [container({ sharing: { net: { observed: 'mixed', others } } })] }))

  t.match(text, 'net: 12 other tasks in HOST (99) · sh\\x1b[m pid 5 · thread pid 6 tid 7 · and 10 more')
})

const SHARES = {
  net: { declared: 'host', observed: 'host' },
  pid: { declared: 'host', observed: 'host' },
  ipc: { declared: 'host', observed: 'host' },
} as const
const NONE = { items: [], total: 0 }

t.test('tells in words what a container reaches in the host’s namespaces', async (t) => {
  const text = explain(
    report({
      containers: [container({ sharing: SHARES })],
      reach: {
        net: {
          loopbackListeners: { items: ['tcp/127.0.0.1/10248', 'tcp/::1/ephemeral'], total: 2 },
          abstractSockets: { items: ['/containerd-shim/*.sock', 'x\u001b[2J'], total: 40 },
          interfaces: {
            items: [
              { name: 'eth0', addresses: { items: ['192.0.2.10'], total: 1 } },
              { name: 'veth*', addresses: NONE },
            ],
            total: 2,
          },
        },
        pid: { hostProcesses: { items: ['kubelet', 'evil\u202ename'], total: 2 } },
        ipc: {
          sharedMemory: { items: [{ key: '0x0052e2c1', uid: 70, mode: '600' }], total: 1 },
          semaphores: NONE,
          messageQueues: NONE,
          posixQueues: 'unknown',
        },
      },
    }),
  )

  t.match(text, 'What it reaches there\n')
  t.match(text, "net: listeners that only the host's loopback reaches: tcp/127.0.0.1/10248; tcp/::1/ephemeral\n")
  t.match(text, 'net: abstract unix sockets: @/containerd-shim/*.sock; @x\\x1b[2J; and 38 more\n')
  t.match(text, 'net: interfaces: eth0 (192.0.2.10); veth*\n')
  t.match(text, 'pid: host processes it sees: kubelet; evil\\u202ename\n')
  t.match(text, 'pid: may trace those of its own uid that have no capability more than it\n')
  t.match(text, 'ipc: System V shared memory: 0x0052e2c1 of uid 70, mode 600\n')
  t.match(text, 'ipc: System V semaphores: none\n')
  t.match(text, 'ipc: POSIX message queues: could not be read\n')
})

t.test('tells nothing of the host to a container that shares none of it', async (t) => {
  const reach = { pid: { hostProcesses: { items: ['kubelet'], total: 1 } } }

  t.notMatch(explain(report({ containers: [container()], reach })), 'reaches')
  t.notMatch(explain(report({ containers: [container({ sharing: SHARES })], reach: {} })), 'reaches')
  t.match(
    explain(
      report({
        containers: [
          container({
            privileges: null,
            sharing: { pid: { observed: 'mixed', others: [{ relation: 'host', inode: 1, tasks: [], total: 1 }] } },
          }),
        ],
        reach,
      }),
    ),
    'pid: whether it may trace them could not be read',
  )
})

t.test('leaves out of a finding’s short evidence what is the same for all containers', async (t) => {
  const evidence = { declared: 'host', reach: { hostProcesses: { items: ['kubelet'], total: 1 } } }
  const text = explain(report({ containers: [container()], findings: [finding({ evidence })] }))

  t.match(text, 'declared host')
  t.notMatch(text, 'kubelet')
})

t.test('says by what a container is confined', async (t) => {
  const of = (lsm: SecurityLabel) => explain(report({ containers: [container({ privileges: privileges({ lsm }) })] }))

  t.match(
    of({ module: 'selinux', label: 'system_u:system_r:spc_t:s0', confines: false }),
    'selinux system_u:system_r:spc_t:s0, which confines nothing',
  )
  t.match(of({ module: 'none', label: '', confines: false }), 'no LSM label')
  t.match(of({ module: 'unknown', label: '', confines: false }), 'LSM label unknown')
  t.match(of({ module: 'other', label: '_', confines: false }), 'LSM label _, which confines nothing')
  t.match(of({ module: 'apparmor', label: 'a\nb (enforce)', confines: true }), 'apparmor a\\x0ab (enforce)')
})
