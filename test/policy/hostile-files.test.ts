import fc from 'fast-check'
import t from 'tap'
import { loadPolicy, POLICY_MAX_CHARACTERS } from '../../src/policy/load.ts'
import { RULES } from '../helpers/policy.ts'

t.test('refuses hostile files within bounded time', async (t) => {
  const n = POLICY_MAX_CHARACTERS
  const files: readonly (readonly [string, string])[] = [
    ['too large', ' '.repeat(n + 1)],
    ['nested lists', '['.repeat(n)],
    ['closed nested lists', '['.repeat(n / 2) + ']'.repeat(n / 2)],
    ['nested maps', '{a: '.repeat(n / 4)],
    ['nested sequences', '- '.repeat(n / 2)],
    ['nested keys', '? '.repeat(n / 2)],
    ['indented deep', Array.from({ length: 700 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['many keys', Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['one key many times', 'a: 1\n'.repeat(n / 5)],
    ['unclosed quote', `version: "${'x'.repeat(n - 100)}`],
    ['stray brackets', ']\n'.repeat(n / 2)],
    ['many documents', '---\n'.repeat(n / 4)],
    ['many wrong exceptions', `version: 1\nexceptions:\n${'- x\n'.repeat(n / 5)}`],
    ['billion laughs', laughs(9)],
    ['binary', String.fromCharCode(...Array.from({ length: 4096 }, (_, index) => index % 256))],
  ]
  for (const [name, text] of files) {
    const started = performance.now()
    const loaded = loadPolicy(text, RULES)
    const elapsedMs = performance.now() - started
    t.equal(loaded.ok, false, name)
    t.ok(
      !loaded.ok && loaded.problems.length > 0 && loaded.problems.length <= 100,
      `${name}: a bounded list of problems`,
    )
    t.ok(elapsedMs < 20_000, `${name}: ${Math.round(elapsedMs)} ms`)
  }
})

t.test('answers whatever the file holds', async () => {
  const pieces = [
    'version: 1',
    'exceptions:',
    'packs: [',
    '- ',
    '  ',
    '\n',
    '{',
    '}',
    '[',
    ']',
    ': ',
    '? ',
    '&a ',
    '*a',
    '!!set ',
  ]
  const more = [
    '!!omap ',
    '!!binary ',
    '<<: ',
    '%YAML 1.1\n',
    '---\n',
    '"',
    "'",
    '|\n',
    '>-\n',
    '#',
    'id: a',
    'match: ',
    '\t',
    '\0',
    '\r',
  ]
  const text = fc.array(fc.oneof(fc.constantFrom(...pieces, ...more), fc.string())).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, (content) => {
      const loaded = loadPolicy(content, RULES)
      return loaded.ok || loaded.problems.length > 0
    }),
    { numRuns: 3_000 },
  )
})

/** Each line is ten times the one before. */
function laughs(levels: number): string {
  const lines = Array.from(
    { length: levels },
    (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level}, `.repeat(10)}]`,
  )
  return ['l0: &l0 lol', ...lines].join('\n')
}
