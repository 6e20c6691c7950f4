import fc from 'fast-check'
import { t } from 'tap'
import { canonicalJson } from '../../src/transport/canonical-json.ts'

t.test('orders properties by UTF-16 code units at every depth', async (t) => {
  const value = {
    '\u20ac': 1,
    '\r': 2,
    '\ufb33': 3,
    '1': 4,
    '\ud83d\ude00': 5,
    '\u0080': 6,
    '\u00f6': 7,
    b: { d: 1, c: [] },
  }

  // The example of RFC 8785 section 3.2.3, with a nested object.
  t.equal(
    canonicalJson(value),
    '{"\\r":2,"1":4,"b":{"c":[],"d":1},"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
  )
})

t.test('orders integer-like names as text, where JavaScript orders them as numbers', async (t) => {
  t.equal(canonicalJson({ 9: 'nine', 10: 'ten' }), '{"10":"ten","9":"nine"}')
})

t.test('leaves out what is undefined, as JSON does', async (t) => {
  t.equal(canonicalJson({ b: undefined, a: [undefined, 1] }), '{"a":[null,1]}')
})

t.test('writes the same text for whatever JSON says the same', async (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = canonicalJson(value)
      return text !== null && canonicalJson(JSON.parse(text)) === text && canonicalJson(shuffled(value)) === text
    }),
  )
  t.pass()
})

t.test('gives null for a value that nests too deep, wherever the depth is', async (t) => {
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)

  t.equal(canonicalJson(deep), null)
  t.equal(canonicalJson({ z: 1, a: deep }), null)
  t.equal(
    canonicalJson(JSON.parse(`${'{"a":'.repeat(32)}1${'}'.repeat(32)}`)),
    `${'{"a":'.repeat(32)}1${'}'.repeat(32)}`,
  )
  t.equal(canonicalJson(JSON.parse(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`)), null)
})

/** The same value with its properties in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, property]) => [name, shuffled(property)]),
  )
}
