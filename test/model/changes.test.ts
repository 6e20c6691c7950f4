import fc from 'fast-check'
import t from 'tap'
import { type Change, diff, type KeyedState, reduce, stateKey, stateOf } from '../../src/model/changes.ts'
import type { Report } from '../../src/model/finding.ts'
import { canonicalJson } from '../../src/transport/canonical-json.ts'
import { container, finding, gap, node, port, report, TAKEN_AT } from '../helpers/builders.ts'

const EMPTY: KeyedState = new Map()

function changesBetween(before: Report, after: Report): Change[] {
  return diff(stateOf(before), stateOf(after), TAKEN_AT)
}

function shown(changes: readonly Change[]): string[] {
  return changes.map(({ op, type, key }) => `${op} ${type} ${key}`)
}

const id = container().id

t.test('lays out a report as one row for each thing', (t) => {
  const given = report({ containers: [container()], ports: [port()], findings: [finding()], gaps: [gap()] })

  t.strictSame(
    [...stateOf(given).keys()],
    [
      'node/node-1',
      `container/${id}`,
      'port/tcp/ipv4/0.0.0.0/9002/docker-proxy/web/8080/tcp',
      `finding/${finding().id}`,
      'gap/docker//run/docker.sock/timeout',
    ],
  )
  t.match(stateOf(given).get('node/node-1')?.value, { name: 'node-1', baseline: { nested: false }, policyHash: null })
  t.end()
})

t.test('makes no change of what changes at every look', (t) => {
  const answered = { vantage: 'host', address: '127.0.0.1', port: 9002, protocol: 'tcp', outcome: 'open' } as const
  const asked = (at: number, latencyMs: number) => [port({ probe: [{ ...answered, at, latencyMs }] })]
  const before = report({ containers: [container()], findings: [finding()], ports: asked(TAKEN_AT, 1) })
  const after = report({
    ...before,
    takenAt: TAKEN_AT + 30_000,
    durationMs: 99,
    containers: [container({ processes: { count: 77, threads: 770 } })],
    ports: asked(TAKEN_AT + 30_000, 20),
  })

  t.strictSame(changesBetween(before, after), [])
  t.strictSame(shown(changesBetween(report({ ports: [port()] }), report({ ports: asked(TAKEN_AT, 1) }))), [
    'put port tcp/ipv4/0.0.0.0/9002/docker-proxy/web/8080/tcp',
  ])
  t.end()
})

t.test('makes no change of a row that was kept, whose properties have another order', (t) => {
  const given = { containers: [container()], ports: [port()], findings: [finding()], gaps: [gap({ affects: ['net'] })] }
  const before: Report = JSON.parse(canonicalJson(report(given)) ?? '')

  t.strictSame(changesBetween(before, report(given)), [])
  const other = { ...given, gaps: [gap({ affects: ['pid'] })], findings: [finding({ evidence: { inode: 1 } })] }
  t.strictSame(
    changesBetween(before, report(other)).map(({ op, type }) => `${op} ${type}`),
    ['put finding', 'put gap'],
  )
  t.end()
})

t.test('makes no change of tasks that come and go in sub-namespaces of their own', (t) => {
  const tasks = (pid: number) => [{ relation: 'own', inode: 4026533000 + pid, tasks: [], total: pid } as const]
  const browser = (pid: number) => container({ sharing: { net: { observed: 'mixed', others: tasks(pid) } } })

  t.strictSame(changesBetween(report({ containers: [browser(1)] }), report({ containers: [browser(2)] })), [])
  t.match(stateOf(report({ containers: [browser(1)] })).get(`container/${id}`), {
    value: { sharing: { net: { observed: 'mixed', others: [] } } },
  })
  t.end()
})

t.test('puts what is new or different, and deletes what is not there any more, deletes first', (t) => {
  const before = report({ containers: [container()], gaps: [gap()] })
  const after = report({ containers: [container({ name: 'renamed' })], ports: [port()] })

  t.strictSame(shown(changesBetween(before, after)), [
    'delete gap docker//run/docker.sock/timeout',
    `put container ${id}`,
    'put port tcp/ipv4/0.0.0.0/9002/docker-proxy/web/8080/tcp',
  ])
  t.ok(changesBetween(before, after).every(({ at }) => at === TAKEN_AT))
  t.end()
})

t.test('says whether a finding was mended or its container is gone', (t) => {
  const before = report({ containers: [container()], findings: [finding()] })

  t.match(changesBetween(before, report({ containers: [container()] })), [
    { op: 'delete', type: 'finding', cause: 'fixed' },
  ])
  t.match(changesBetween(before, report()), [
    { op: 'delete', type: 'container' },
    { op: 'delete', type: 'finding', cause: 'gone' },
  ])
  t.end()
})

t.test('calls a finding about the node mended, as the node is always there', (t) => {
  const before = report({ findings: [finding({ subject: { type: 'node' } })] })

  t.match(changesBetween(before, report()), [{ op: 'delete', cause: 'fixed' }])
  t.end()
})

t.test('gives every row to a reader who has none', (t) => {
  const state = stateOf(report({ containers: [container()], findings: [finding()] }))

  t.strictSame(shown(diff(EMPTY, state, TAKEN_AT)), [
    'put node node-1',
    `put container ${id}`,
    `put finding ${finding().id}`,
  ])
  t.strictSame(diff(state, state, TAKEN_AT), [])
  t.end()
})

t.test('leaves the state as it was when changes are applied', (t) => {
  const before = stateOf(report({ containers: [container()] }))
  const copy = new Map(before)

  reduce(before, diff(before, EMPTY, TAKEN_AT))

  t.strictSame(before, copy)
  t.end()
})

t.test('keeps keys of different types apart', (t) => {
  t.not(stateKey('node', 'x'), stateKey('container', 'x'))
  t.end()
})

/** Reports that differ in rows and in single values, over few enough names that two of them overlap. */
const reports = fc
  .record({
    os: fc.constantFrom('Debian', 'Alpine'),
    containers: fc.uniqueArray(fc.record({ id: fc.constantFrom('a', 'b', 'c'), name: fc.string() }), {
      selector: (row) => row.id,
    }),
    findings: fc.uniqueArray(
      fc.record({ id: fc.constantFrom('f1', 'f2', 'f3'), stale: fc.boolean(), containerId: fc.constantFrom('a', 'b') }),
      { selector: (row) => row.id },
    ),
    gaps: fc.array(fc.record({ subject: fc.constantFrom('x', 'y'), detail: fc.string() })),
  })
  .map(({ os, containers, findings, gaps }) =>
    report({
      node: node({ os }),
      containers: containers.map(container),
      findings: findings.map(({ containerId, ...row }) =>
        finding({ ...row, subject: { type: 'container', containerId } }),
      ),
      gaps: gaps.map(gap),
    }),
  )

t.test('brings any state to any other, and again changes nothing', (t) => {
  fc.assert(
    fc.property(reports, reports, (first, second) => {
      const [before, after] = [stateOf(first), stateOf(second)]
      const reached = reduce(before, diff(before, after, TAKEN_AT))
      return byKey(reached) === byKey(after) && diff(reached, after, TAKEN_AT).length === 0
    }),
  )
  t.end()
})

t.test('brings the other end there too, through JSON', (t) => {
  fc.assert(
    fc.property(fc.array(reports, { minLength: 1, maxLength: 5 }), (looks) => {
      let [sent, received]: KeyedState[] = [EMPTY, EMPTY]
      for (const look of looks) {
        const next = stateOf(look)
        received = reduce(received ?? EMPTY, JSON.parse(JSON.stringify(diff(sent ?? EMPTY, next, TAKEN_AT))))
        sent = next
      }
      return byKey(received ?? EMPTY) === byKey(sent ?? EMPTY)
    }),
  )
  t.end()
})

function byKey(state: KeyedState): string {
  return JSON.stringify([...state].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
