import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { type IptablesOrigin, parseIptables } from '../../../src/sources/nat/iptables.ts'

const ORIGIN: IptablesOrigin = { backend: 'iptables-nft', family: 'ipv4' }

const recorded = readFileSync(new URL('../../fixtures/nat/iptables-nft-1.8.9-node.txt', import.meta.url), 'utf8')

t.test('takes a name that every object inherits for one that it does not know', async (t) => {
  for (const words of ['-m constructor --toString 1', '-m tcp --constructor 1', '-m __proto__ --valueOf 1']) {
    const text = `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING ${words} -j ACCEPT\nCOMMIT\n`
    const [rule] = parseIptables(text, ORIGIN).flatMap(({ rules }) => rules)

    t.match(rule?.matches, [{ on: 'unknown' }], words)
  }
})

t.test('parses or refuses whatever it is given: cut anywhere, or with any word put in', async (t) => {
  const words = fc.constantFrom(
    '!',
    '"',
    '\\',
    '-m',
    '-j',
    '--dport',
    '-A',
    '\n',
    'COMMIT',
    '*nat',
    '[::',
    '1-',
    '__proto__',
  )
  const check = (text: string) => {
    try {
      parseIptables(text, ORIGIN)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }
  const anywhere = fc.nat({ max: recorded.length })

  fc.assert(
    fc.property(anywhere, (end) => check(recorded.slice(0, end))),
    { numRuns: 200 },
  )
  fc.assert(
    fc.property(anywhere, words, (at, word) => check(`${recorded.slice(0, at)} ${word} ${recorded.slice(at)}`)),
    { numRuns: 200 },
  )
  t.pass()
})
