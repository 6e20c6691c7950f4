import fc from 'fast-check'
import t from 'tap'
import type { ChildNamespace, Container, Declared, Relation, Sharing } from '../../src/model/container.ts'
import { NAMESPACE_KINDS, type NamespaceKind } from '../../src/model/namespace.ts'
import { verdictOf, worstOf } from '../../src/model/verdict.ts'
import { evaluate } from '../../src/rules/index.ts'
import { container, node, snapshot } from '../helpers/builders.ts'

const OTHER = `container:${'c'.repeat(64)}` as const
const MAIN: readonly Relation[] = ['host', 'kernel', 'own', 'sandbox', 'unknown', 'not-applicable', OTHER]
const ELSEWHERE: readonly Relation[] = ['host', 'kernel', 'own', 'sandbox', OTHER]
const DECLARED: readonly Declared[] = ['host', 'private', 'pod', 'unknown', OTHER, 'path:/run/netns/x']

const context = fc.record({
  isSandbox: fc.boolean(),
  samePod: fc.boolean(),
  isTarget: fc.boolean(),
  targetIsHost: fc.boolean(),
  isUnreadPath: fc.boolean(),
})

/** What a scan can make of one kind: other tasks are never where the main task is. */
const sharing: fc.Arbitrary<Partial<Sharing>> = fc
  .record({
    declared: fc.constantFrom(...DECLARED),
    main: fc.constantFrom(...MAIN),
    elsewhere: fc.uniqueArray(fc.constantFrom(...ELSEWHERE), { maxLength: 3 }),
    context,
    sightings: fc.constantFrom(1 as const, 2 as const),
  })
  .map(({ declared, main, elsewhere, context, sightings }) => {
    const relations = elsewhere.filter((relation) => relation !== main)
    const verdicts = [main, ...relations].map((relation) => verdictOf(declared, relation, context))
    return {
      declared,
      main,
      observed: relations.length > 0 ? 'mixed' : main,
      mainVerdict: verdicts[0] ?? 'unknown',
      verdict: worstOf(verdicts),
      others: relations.map((relation) => ({ relation, inode: 1, tasks: [], total: 1 })),
      sightings,
    }
  })

/** Where some task's next children will be. */
const child: fc.Arbitrary<ChildNamespace> = fc.record({
  kind: fc.constantFrom('pid' as const, 'time' as const),
  relation: fc.constantFrom(...ELSEWHERE),
  inode: fc.constant(1),
  tasks: fc.constant([]),
  total: fc.constant(1),
})

const given = fc
  .record({
    sharings: fc.tuple(...NAMESPACE_KINDS.map(() => sharing)),
    remaps: fc.boolean(),
    isPod: fc.boolean(),
    children: fc.array(child, { maxLength: 2 }),
    cgroups: fc.constantFrom('v1' as const, 'v2' as const, 'hybrid' as const),
  })
  .map(({ sharings, remaps, isPod, children, cgroups }) => ({
    cgroups,
    container: container({
      runtime: { name: 'docker', ...(remaps && { remapsUsers: true as const }) },
      ...(isPod && { podUid: 'uid-1' }),
      ...(children.length > 0 && { forChildren: children }),
      sharing: Object.fromEntries(NAMESPACE_KINDS.map((kind, index) => [kind, sharings[index] ?? {}])),
    }),
  }))

function isEscape({ main, others }: Sharing): boolean {
  const places = others.map(({ relation }) => relation)
  if (main === 'unknown' || main === 'kernel') return false
  return places.includes('kernel') || (main !== 'host' && places.includes('host'))
}

function sendsChildren({ sharing, forChildren = [] }: Container, kind: NamespaceKind): boolean {
  if (['host', 'kernel', 'unknown'].includes(sharing[kind].main)) return false
  return forChildren.some((group) => group.kind === kind && ['host', 'kernel'].includes(group.relation))
}

/** The kinds that some of these containers have of the host's as a matter of course. */
function isNormal({ sharing, runtime, podUid }: Container, kind: NamespaceKind, cgroups: string): boolean {
  if (kind === 'uts') return podUid !== undefined && sharing.net.main === 'host'
  if (kind === 'user') return runtime.remapsUsers !== true
  return kind === 'time' || (kind === 'cgroup' && (cgroups !== 'v2' || podUid !== undefined))
}

function expectedOf(found: Container, kind: NamespaceKind, cgroups: string): readonly string[] {
  const { main, mainVerdict, declared, sightings } = found.sharing[kind]
  if (sightings === 2 && isEscape(found.sharing[kind])) return ['escaped-process']
  if (sendsChildren(found, kind)) return ['escaped-process']
  if (mainVerdict === 'undeclared-sharing') return sightings === 2 ? ['undeclared-sharing'] : []
  if (main !== 'host' || isNormal(found, kind, cgroups)) return []
  return declared !== 'unknown' || sightings === 2 ? [`shared-${kind}-namespace`] : []
}

t.test('says exactly one thing of one container and kind that reaches the host', (t) => {
  const aboutSharing = /^(?:undeclared-sharing|escaped-process|shared-[a-z]+-namespace)$/
  const said = (found: Container, kind: NamespaceKind, cgroups: 'v1' | 'v2' | 'hybrid') =>
    evaluate(snapshot({ node: node({ cgroups }), containers: [found] }))
      .filter(({ rule, fact }) => fact === kind && aboutSharing.test(rule))
      .map(({ rule }) => rule)

  const seed = Date.now()
  t.comment(`seed ${seed}`)
  fc.assert(
    fc.property(given, fc.constantFrom(...NAMESPACE_KINDS), ({ container: found, cgroups }, kind) => {
      t.strictSame(said(found, kind, cgroups), expectedOf(found, kind, cgroups))
    }),
    { seed, numRuns: 500 },
  )
  t.end()
})
