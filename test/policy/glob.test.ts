import fc from 'fast-check'
import t from 'tap'
import { isExact, matchesGlob } from '../../src/policy/glob.ts'

const CASES: readonly (readonly [string, string, boolean])[] = [
  ['web', 'web', true],
  ['web', 'webs', false],
  ['', '', true],
  ['*', '', true],
  ['*', 'anything/at all', true],
  ['web-*', 'web-', true],
  ['web-*', 'web-1', true],
  ['*-web', 'a-web', true],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*bc*c', 'abc', false],
  ['registry.example/*/web', 'registry.example/team/one/web', true],
  ['we.', 'web', false],
  ['(a|b)+', 'a', false],
  ['[a-z]', 'b', false],
  ['we?', 'web', false],
]

t.test('reads a star as any characters and every other character as itself', async (t) => {
  for (const [pattern, text, expected] of CASES) {
    t.equal(matchesGlob(pattern, text), expected, `${JSON.stringify(pattern)} on ${JSON.stringify(text)}`)
  }
})

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.', '/'), maxLength: 12 })

t.test('agrees with the definition of a glob on any pattern and text', async () => {
  fc.assert(
    fc.property(letters, letters, (pattern, text) => matchesGlob(pattern, text) === matchesByDefinition(pattern, text)),
    {
      numRuns: 5_000,
    },
  )
})

t.test('matches a text made by putting anything in place of each star', async () => {
  const piece = fc.tuple(
    fc.string().map((text) => text.replaceAll('*', '')),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(piece), fc.string(), (pieces, end) => {
      const literalEnd = end.replaceAll('*', '')
      const pattern = pieces.map(([literal]) => `${literal}*`).join('') + literalEnd
      const text = pieces.map(([literal, filling]) => literal + filling).join('') + literalEnd
      return matchesGlob(pattern, text)
    }),
  )
})

t.test('takes an exact text for itself alone', async () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      (pattern, text) => !isExact(pattern) || matchesGlob(pattern, text) === (pattern === text),
    ),
  )
})

t.test('answers at once where a regular expression would backtrack for ever', async (t) => {
  const started = performance.now()

  t.equal(matchesGlob(`${'*a'.repeat(250)}b`, 'a'.repeat(100_000)), false)

  t.ok(performance.now() - started < 1_000)
})

/** A star is nothing, or one character and a star. */
function matchesByDefinition(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  const tail = pattern.slice(1)
  if (!pattern.startsWith('*'))
    return text.startsWith(pattern.charAt(0)) && text !== '' && matchesByDefinition(tail, text.slice(1))
  return matchesByDefinition(tail, text) || (text !== '' && matchesByDefinition(pattern, text.slice(1)))
}
