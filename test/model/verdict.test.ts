import t from 'tap'
import { type Declared, type Relation, VERDICTS, type Verdict } from '../../src/model/container.ts'
import { type VerdictContext, verdictOf, worstOf } from '../../src/model/verdict.ts'

const X = `container:${'a'.repeat(64)}` as const
const Y = `container:${'b'.repeat(64)}` as const
const PLAIN: VerdictContext = {
  isSandbox: false,
  samePod: false,
  isTarget: false,
  targetIsHost: false,
  isUnreadPath: false,
}
const PATH = 'path:/run/netns/x'

const OK = 'as-declared'
const SHARED = 'undeclared-sharing'
const VOID = 'ineffective-declaration'

const COLUMNS: readonly (readonly [string, Relation, Partial<VerdictContext>])[] = [
  ['the host’s', 'host', {}],
  ['its own', 'own', {}],
  ['its sandbox’s', 'sandbox', {}],
  ['a container’s of its pod', Y, { samePod: true }],
  ['another container’s', Y, {}],
  ['the kernel’s', 'kernel', {}],
]

/** docs/architecture.md, with a column for each half of the third, and the kernel's beside them. */
const TABLE: readonly (readonly [string, Declared, Partial<VerdictContext>, readonly Verdict[]])[] = [
  ['host', 'host', {}, [OK, VOID, VOID, VOID, VOID, SHARED]],
  ['private', 'private', {}, [SHARED, OK, SHARED, SHARED, SHARED, SHARED]],
  ['pod', 'pod', {}, [SHARED, VOID, OK, OK, SHARED, SHARED]],
  ['pod, of the sandbox', 'pod', { isSandbox: true }, [SHARED, OK, OK, OK, SHARED, SHARED]],
  ['container:x', X, {}, [SHARED, VOID, SHARED, SHARED, SHARED, SHARED]],
  ['container:x, and that is x’s', X, { isTarget: true }, [SHARED, OK, OK, OK, OK, SHARED]],
  ['container:x, x is declared host', X, { targetIsHost: true }, [OK, VOID, SHARED, SHARED, SHARED, SHARED]],
  ['by nobody', 'unknown', {}, ['unknown', 'unknown', 'unknown', 'unknown', 'unknown', SHARED]],
  ['by a path', PATH, {}, [SHARED, VOID, SHARED, SHARED, SHARED, SHARED]],
  ['by a path, and that is there', PATH, { isTarget: true }, [SHARED, OK, OK, OK, OK, SHARED]],
  ['by a path, and the host’s is there', PATH, { targetIsHost: true }, [OK, VOID, SHARED, SHARED, SHARED, SHARED]],
  [
    'by a path, and nobody can say what is there',
    PATH,
    { isUnreadPath: true },
    ['unknown', 'unknown', 'unknown', 'unknown', 'unknown', SHARED],
  ],
]

for (const [row, declared, given, verdicts] of TABLE) {
  for (const [index, [column, relation, context]] of COLUMNS.entries()) {
    t.test(`declared ${row}, observed in ${column}: ${verdicts[index]}`, (t) => {
      t.equal(verdictOf(declared, relation, { ...PLAIN, ...given, ...context }), verdicts[index])
      t.end()
    })
  }

  t.test(`declared ${row}, and nobody could look: unknown`, (t) => {
    t.equal(verdictOf(declared, 'unknown', { ...PLAIN, ...given }), 'unknown')
    t.equal(verdictOf(declared, 'not-applicable', { ...PLAIN, ...given }), 'not-applicable')
    t.end()
  })
}

t.test('weighs sharing that nobody declared most, and what is as declared least', (t) => {
  t.equal(worstOf(VERDICTS), SHARED)
  t.equal(worstOf([OK, 'unknown', VOID]), VOID)
  t.equal(worstOf([OK, 'unknown', 'not-applicable']), 'unknown')
  t.equal(worstOf([OK, 'not-applicable']), 'not-applicable')
  t.equal(worstOf([OK, OK]), OK)
  t.equal(worstOf([]), OK)
  t.end()
})
