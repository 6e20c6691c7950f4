import t from 'tap'
import { narrow } from '../../../src/cli/narrow.ts'
import { renderExplanation } from '../../../src/cli/render/explain.ts'
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
