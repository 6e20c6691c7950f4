import t from 'tap'
import { renderMatrix } from '../../../src/cli/render/matrix.ts'
import { namesOf } from '../../../src/cli/render/names.ts'
import { widthOf } from '../../../src/cli/render/text.ts'
import type { Report } from '../../../src/model/finding.ts'
import { container, finding, report } from '../../helpers/builders.ts'
import { markedView, plainView } from '../../helpers/plain-view.ts'

const OTHER = 'db'.padEnd(64, '0')

function lines(given: Partial<Report>, columns?: number): string[] {
  const whole = report(given)
  return renderMatrix(whole, namesOf(whole.containers), plainView(columns))
}

t.test('says nothing where there is no container', async (t) => {
  t.strictSame(lines({}), [])
})

t.test('tells the host, the pod, another container and its own apart', async (t) => {
  const containers = [
    container({
      name: 'web',
      sharing: {
        net: { declared: 'host', observed: 'host' },
        pid: { declared: `container:${OTHER}`, observed: `container:${OTHER}` },
        ipc: { declared: 'pod', observed: 'sandbox' },
        mnt: { observed: 'kernel' },
        uts: { observed: 'not-applicable' },
        cgroup: { observed: 'unknown' },
      },
    }),
    container({ id: OTHER, name: 'db' }),
  ]

  t.strictSame(lines({ containers }), [
    '2 containers and the namespaces they are in',
    '  CONTAINER  NET   PID  IPC  MNT      UTS  USER  CGROUP  TIME  KNOWN TO',
    '  db         own   own  own  own      own  HOST  own     HOST  docker cgroups',
    '  web        HOST  →db  pod  KERNEL!  n/a  HOST  ?       HOST  docker cgroups',
    "  HOST the host's · KERNEL the kernel's, outside this node · pod its pod's · →x container x's · ! not declared · ? alone: could not be seen",
  ])
})

t.test('says of a pod that it is only claimed', async (t) => {
  const pod = { namespace: 'kube-system', name: 'kube-proxy-x', uid: 'u', container: 'kube-proxy', static: false }
  const claimed = lines({ containers: [container({ pod: { ...pod, proof: 'claim' } })] })
  const proven = lines({ containers: [container({ pod: { ...pod, proof: 'cri' } })] })

  t.match(claimed[2], /kube-system\/kube-proxy-x \(claim\)/)
  t.match(claimed[3], /\(claim\) only the container's own labels say so/)
  t.notMatch(proven.join('\n'), /claim/)
})

t.test('marks what differs from the declaration, and what was never declared', async (t) => {
  const containers = [
    container({
      sharing: {
        net: { declared: 'private', observed: 'host' },
        pid: { declared: 'host', observed: 'own' },
        ipc: { declared: 'unknown', observed: 'own' },
        mnt: {
          observed: 'mixed',
          others: [{ relation: 'host', inode: 1, tasks: [], total: 1 }],
        },
      },
    }),
  ]

  t.match(lines({ containers })[2], /web +HOST! +own~ +own\? +mixed! +own/)
})

t.test('paints what nobody declared red, a declared one yellow and the usual quietly', async (t) => {
  const whole = report({
    containers: [
      container({
        sharing: {
          net: { observed: 'host' },
          pid: { declared: 'host', observed: 'host' },
          ipc: { observed: 'unknown' },
        },
      }),
    ],
  })
  const row = renderMatrix(whole, namesOf(whole.containers), markedView)[2]

  t.match(row, /<bad:HOST!> +<medium:HOST> +<doubt:\?> +<quiet:own>/)
  t.match(row, /<quiet:HOST>/, 'user and time are usually shared')
})

t.test('puts the containers with the worst open findings first', async (t) => {
  const containers = ['a', 'b', 'c'].map((name) => container({ id: name.repeat(64), name }))
  const of = (name: string) => ({ type: 'container', containerId: name.repeat(64) }) as const
  const findings = [
    finding({ severity: 'low', subject: of('b') }),
    finding({ severity: 'critical', subject: of('c') }),
    finding({ severity: 'critical', subject: of('a'), status: 'accepted' }),
  ]

  t.strictSame(
    lines({ containers, findings })
      .slice(2, 5)
      .map((line) => line.trim()[0]),
    ['c', 'b', 'a'],
  )
})

t.test('shows sandboxes and pods as what they are', async (t) => {
  const pod = { namespace: 'shop', name: 'cart-7', uid: 'u', container: 'cart', static: false, proof: 'cri' } as const
  const rows = lines({ containers: [container({ role: 'sandbox', name: 'pause', pod }), container({ name: 'lone' })] })

  t.match(rows[1], /TIME {2}POD +KNOWN TO/)
  t.match(rows[3], /pause \(sandbox\).*shop\/cart-7/)
})

t.test('fits 60, 100 and 160 cells with hostile and wide names', async (t) => {
  const hostile = [
    '$(reboot)',
    '<script>',
    '\u001b[2J\nroot',
    '日本語'.repeat(20),
    'e\u0301'.repeat(70),
    '\u202egnp.exe',
  ]
  const containers = hostile.map((name, index) =>
    container({
      id: String(index).repeat(64),
      name,
      sharing: { net: { observed: `container:${'3'.repeat(64)}` }, pid: { declared: 'host', observed: 'host' } },
    }),
  )

  for (const columns of [60, 100, 160]) {
    const rows = lines({ containers }, columns)
    t.ok(
      rows.every((line) => widthOf(line) <= columns),
      `fits ${columns}`,
    )
    t.notMatch(rows.join(''), /[\p{Cc}\p{Cf}]/u)
    t.match(rows.join('\n'), /HOST/)
  }
  t.match(lines({ containers }, 60).join('\n'), /日本…/)
})
