import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import type { Declared, Relation } from '../../src/model/container.ts'
import { MISSION_KINDS } from '../../src/model/namespace.ts'
import { evaluate, rules } from '../../src/rules/index.ts'
import { container, HOST_INODES, snapshot } from '../helpers/builders.ts'

const root = new URL('../../', import.meta.url)

function namesIn(folder: string, extension: string): string[] {
  const names = readdirSync(new URL(folder, root)).filter((name) => name.endsWith(extension))
  return names.map((name) => name.slice(0, -extension.length)).toSorted()
}

t.test('every rule has a page of its own, and every page a rule', (t) => {
  t.strictSame(namesIn('docs/rules', '.md'), rules.map(({ id }) => id).toSorted())
  t.end()
})

for (const { id, title, references } of rules) {
  t.test(`${id} is its file's and its page's name, and the page says what it must`, (t) => {
    const page = readFileSync(new URL(`docs/rules/${id}.md`, root), 'utf8')

    t.ok(namesIn('src/rules', '.ts').includes(id))
    t.ok(page.startsWith(`# ${id}\n\n${title}.\n\n**Hit when** `))
    for (const part of ['Why it matters', 'How we know', 'What to do', 'Blind spots', 'References']) {
      t.ok(page.includes(`\n## ${part}\n`), part)
    }
    for (const { name } of references) t.ok(page.includes(name.replace(/: Escape to Host$/, '')), name)
    t.end()
  })
}

t.test('says which rule hit', (t) => {
  const shared = container({ sharing: { net: { declared: 'host', observed: 'host' } } })

  t.strictSame(
    evaluate(snapshot({ containers: [shared] })).map(({ rule, fact }) => [rule, fact]),
    [['shared-net-namespace', 'net']],
  )
  t.strictSame(evaluate(snapshot({ containers: [shared] }), []), [])
  t.end()
})

const RELATIONS: readonly Relation[] = ['host', 'kernel', 'own', 'sandbox', 'unknown', `container:${'c'.repeat(64)}`]
const DECLARED: readonly Declared[] = ['host', 'private', 'pod', 'unknown', `container:${'c'.repeat(64)}`, 'path:/x']
const EXCLUSIVE = ['undeclared-sharing', 'escaped-process', ...MISSION_KINDS.map((kind) => `shared-${kind}-namespace`)]

t.test('says one thing of one container and kind about the host’s namespace', (t) => {
  const given = fc.record({
    kind: fc.constantFrom(...MISSION_KINDS),
    declared: fc.constantFrom(...DECLARED),
    main: fc.constantFrom(...RELATIONS),
    hasOthers: fc.boolean(),
    sightings: fc.constantFrom(1 as const, 2 as const),
  })
  fc.assert(
    fc.property(given, ({ kind, declared, main, hasOthers, sightings }) => {
      const others = hasOthers ? [{ relation: 'host' as const, inode: HOST_INODES[kind], tasks: [], total: 1 }] : []
      const sharing = { [kind]: { declared, main, observed: hasOthers ? 'mixed' : main, others, sightings } }
      const hits = evaluate(snapshot({ containers: [container({ sharing })] }))
      const aboutHost = hits.filter(({ rule }) => EXCLUSIVE.includes(rule))
      // In another container's namespace undeclared, and some task in the host's: two facts.
      return (
        aboutHost.length <= (declared !== 'unknown' && !['host', 'kernel', 'own', 'unknown'].includes(main) ? 2 : 1)
      )
    }),
  )
  t.end()
})
