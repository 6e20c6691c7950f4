import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { evaluate, rules } from '../../src/rules/index.ts'
import { container, snapshot } from '../helpers/builders.ts'

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
