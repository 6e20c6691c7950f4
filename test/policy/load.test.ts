import t from 'tap'
import { loadPolicy } from '../../src/policy/load.ts'
import { packs, SHIPPED_POLICY } from '../../src/policy/packs/index.ts'
import type { Exception } from '../../src/policy/policy.ts'
import { EDGE_PROXY, RULES } from '../helpers/policy.ts'

t.test('loads what a file says, one value or several', async (t) => {
  const exceptions: readonly Exception[] = [
    {
      id: 'edge-proxy',
      reason: 'It serves 80 and 443 on every node (NET-112).',
      expiresAt: Date.UTC(2027, 0, 31),
      match: {
        rule: ['shared-net-namespace', 'exposed-*'],
        podNamespace: ['edge'],
        workload: ['edge-proxy'],
        image: ['registry.example:5000/edge/proxy'],
        port: [80, 443],
        static: false,
      },
    },
  ]

  t.strictSame(loadPolicy(EDGE_PROXY, RULES), { ok: true, policy: { packs: [], exceptions } })
})

t.test('keeps every pack in force unless the file lists those that are', async (t) => {
  const all = packs.map(({ name }) => name)

  t.strictSame(packsOf('version: 1'), all)
  t.strictSame(packsOf('version: 1\npacks: [calico, kubeadm]'), ['kubeadm', 'calico'])
  t.strictSame(packsOf('version: 1\npacks: []'), [])
  t.match(problemsOf('version: 1\npacks: [weave]'), [`2:9 packs[0]: expected one of ${all.join(', ')}`])
})

t.test("asks the file's own exceptions before those of packs", async (t) => {
  const loaded = loadPolicy(EDGE_PROXY.replace('packs: []\n', ''), RULES)

  t.match(loaded, { ok: true, policy: { exceptions: [{ id: 'edge-proxy' }, ...SHIPPED_POLICY.exceptions] } })
})

t.test('tells what is wrong, and where', async (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['', ['1:1 expected a map that begins with version: 1']],
    ['# nothing yet\n', ['1:1 expected a map that begins with version: 1']],
    ['just text', ['1:1 expected a map that begins with version: 1']],
    ['exceptions: []', ['1:1 version: is missing']],
    ['version: 2', ['1:10 version: expected 1']],
    ['version: "1"', ['1:10 version: expected 1']],
    ['version: 1\nexception: []', ['2:1 unknown key "exception"']],
    ['version: 1\nexceptions: {}', ['2:13 exceptions: expected a list of exceptions']],
    ['version: 1\nexceptions:', ['2:12 exceptions: expected a list of exceptions']],
    ['version: 1\nexceptions: [text]', ['2:14 exceptions[0]: expected a map with id, reason and match']],
    ['version: 1\n__proto__: {}', ['2:1 unknown key "__proto__"']],
    ['version: 1\nversion: 1', ['2:1 key "version" stands here twice']],
    ['version: &a 1\nexceptions: *a', ['2:13 aliases are not supported']],
    ['version: !new 1', ['1:10 Unresolved tag: !new']],
    ['version: !!int 1', ['1:16 tags are not supported']],
    ['!!map {version: 1}', ['1:7 tags are not supported']],
    ['%YAML 1.1\n---\nversion: 1\n<<: {packs: []}', ['4:1 unknown key "<<"']],
    ['{version: 1', ['1:12 Flow map must end with a }']],
    ['version: 1\n---\nversion: 1', ['2:1 Source contains multiple documents; please use YAML.parseAllDocuments()']],
    ['version: 1\n1: 2', ['2:1 unknown key "1"']],
  ]
  for (const [text, expected] of cases) t.strictSame(problemsOf(text), expected, JSON.stringify(text))
})

t.test('tells what is wrong with an exception, and where', async (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['reason: x\nmatch: {kind: net}', ['4:5 exceptions[0].id: is missing']],
    ['id: a\nmatch: {kind: net}', ['4:5 exceptions[0].reason: is missing']],
    ['id: a\nreason: x', ['4:5 exceptions[0].match: is missing']],
    ['id: a\nreason: ""\nmatch: {kind: net}', ['5:13 exceptions[0].reason: is empty: say why this is expected here']],
    ['id: a\nreason: "  "\nmatch: {kind: net}', ['5:13 exceptions[0].reason: is empty: say why this is expected here']],
    ['id: a\nreason:\nmatch: {kind: net}', ['5:12 exceptions[0].reason: expected a text']],
    ['id: a\nreason: x\nmatch: {}', ['6:12 exceptions[0].match: is empty: it would accept every finding']],
    ['id: a\nreason: x\nmatch: {knd: net}', ['6:13 exceptions[0].match: unknown key "knd"']],
    [
      'id: a\nreason: x\nmatch: {kind: network}',
      ['6:19 exceptions[0].match.kind[0]: expected one of net, pid, ipc, mnt, uts, user, cgroup, time'],
    ],
    [
      'id: a\nreason: x\nmatch: {kind: [net, 7]}',
      ['6:25 exceptions[0].match.kind[1]: expected one of net, pid, ipc, mnt, uts, user, cgroup, time'],
    ],
    ['id: a\nreason: x\nmatch: {rule: shared-network}', ['6:19 exceptions[0].match.rule[0]: matches no rule']],
    [
      'id: a\nreason: x\nmatch: {rule: []}',
      ['6:19 exceptions[0].match.rule: is an empty list: it would match nothing'],
    ],
    [
      'id: a\nreason: x\nmatch: {image: "web:1"}',
      ['6:20 exceptions[0].match.image[0]: names a tag or digest: expected a repository alone'],
    ],
    [
      'id: a\nreason: x\nmatch: {image: "example:5000/web@sha256:0"}',
      ['6:20 exceptions[0].match.image[0]: names a tag or digest: expected a repository alone'],
    ],
    ['id: a\nreason: x\nmatch: {port: 0}', ['6:19 exceptions[0].match.port[0]: expected a port number, 1 to 65535']],
    ['id: a\nreason: x\nmatch: {port: "80"}', ['6:19 exceptions[0].match.port[0]: expected a port number, 1 to 65535']],
    ['id: a\nreason: x\nmatch: {self: false}', ['6:19 exceptions[0].match.self: expected true']],
    ['id: a\nreason: x\nmatch: {proof: claim}', ['6:20 exceptions[0].match.proof: expected cri']],
    [
      'id: a\nreason: x\nmatch: {pod: "a\\nb"}',
      ['6:18 exceptions[0].match.pod[0]: expected a text or glob, without control characters'],
    ],
    [
      'id: A\nreason: x\nmatch: {kind: net}',
      ['4:9 exceptions[0].id: expected lower-case letters, digits, dots, dashes and underscores, 64 at most'],
    ],
    [
      'id: a\nreason: x\nexpires: 2026-02-30\nmatch: {kind: net}',
      ['6:14 exceptions[0].expires: expected a day such as 2027-01-31'],
    ],
    [
      'id: a\nreason: x\nexpires: tomorrow\nmatch: {kind: net}',
      ['6:14 exceptions[0].expires: expected a day such as 2027-01-31'],
    ],
  ]
  for (const [fields, expected] of cases) {
    const text = `version: 1\n\nexceptions:\n  - ${fields.replaceAll('\n', '\n    ')}`
    t.strictSame(problemsOf(text), expected, fields)
  }
})

t.test('tells everything that is wrong at once, in the order of the file', async (t) => {
  const text = [
    'version: 1',
    'pakcs: []',
    'exceptions:',
    '  - id: a',
    '    reason: ""',
    '    match: {rule: no-such-rule, kind: nett}',
    '  - id: a',
    '    reason: x',
    '    expires: tomorrow',
    '    match: {port: 99999}',
  ].join('\n')

  t.strictSame(problemsOf(text), [
    '2:1 unknown key "pakcs"',
    '5:13 exceptions[0].reason: is empty: say why this is expected here',
    '6:19 exceptions[0].match.rule[0]: matches no rule',
    '6:39 exceptions[0].match.kind[0]: expected one of net, pid, ipc, mnt, uts, user, cgroup, time',
    '7:9 exceptions[1].id: "a" names another exception already',
    '9:14 exceptions[1].expires: expected a day such as 2027-01-31',
    '10:19 exceptions[1].match.port[0]: expected a port number, 1 to 65535',
  ])
})

function problemsOf(text: string): string[] {
  const loaded = loadPolicy(text, RULES)
  return loaded.ok ? [] : loaded.problems.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

function packsOf(text: string): readonly string[] {
  const loaded = loadPolicy(text, RULES)
  return loaded.ok ? loaded.policy.packs : []
}
