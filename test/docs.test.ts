import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { rules } from '../src/rules/index.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const README_LINES_MAX = 150

const documents = ['.', 'docs', 'docs/rules'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
)

for (const document of documents) {
  t.test(`${document} links only to what is there`, async (t) => {
    for (const target of localTargetsOf(read(document))) {
      t.ok(existsSync(join(ROOT, dirname(document), target)), target)
    }
  })
}

t.test('every rule has a page, and a row in the README', async (t) => {
  const readme = read('README.md')

  for (const { id } of rules) {
    t.ok(existsSync(join(ROOT, 'docs/rules', `${id}.md`)), `docs/rules/${id}.md`)
    t.match(readme, `| [${id}](docs/rules/${id}.md) |`)
  }
})

t.test('every page of a rule is about a rule that exists', async (t) => {
  const ids = rules.map(({ id }) => `${id}.md`)

  t.strictSame(readdirSync(join(ROOT, 'docs/rules')).toSorted(), ids.toSorted())
})

t.test('the README stays short', async (t) => {
  t.ok(read('README.md').split('\n').length <= README_LINES_MAX)
})

function read(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8')
}

/** The relative targets of a document's links, without the part after `#`. */
function localTargetsOf(markdown: string): string[] {
  const targets = [...markdown.matchAll(/\]\((?<target>[^)\s]+)\)/g)].map(({ groups }) => groups?.['target'] ?? '')
  return targets.filter((target) => !/^(?:[a-z]+:|#)/.test(target)).map((target) => target.replace(/#.*$/, ''))
}
