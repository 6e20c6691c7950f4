import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { listMappings } from '../../../src/agent/nat/mappings.ts'
import { parseNft } from '../../../src/sources/nat/nft.ts'
import { NO_RULES } from '../../helpers/nat.ts'

const KUBE_PROXY = readFileSync(new URL('../../fixtures/nat/nft-1.0.6-kube-proxy.json', import.meta.url), 'utf8')

/** A ruleset of one rule. */
function text(expr: readonly unknown[]): string {
  const place = { family: 'inet', table: 't', chain: 'pre' }
  const chain = { ...place, name: 'pre', type: 'nat', hook: 'prerouting', prio: -100 }
  return JSON.stringify({
    nftables: [{ table: { family: 'inet', name: 't' } }, { chain }, { rule: { ...place, expr } }],
  })
}

t.test('refuses what is no JSON of nft, and parses whatever has its shape', async (t) => {
  for (const text of ['', '{}', '[]', '{"nftables": 1}', KUBE_PROXY.slice(0, -2)])
    t.throws(() => parseNft(text), SyntaxError)

  const names = [
    'family',
    'table',
    'chain',
    'name',
    'expr',
    'match',
    'left',
    'right',
    'vmap',
    'key',
    'data',
    'set',
    'elem',
    'concat',
    'dnat',
    'addr',
    'port',
    '__proto__',
    'constructor',
  ]
  const values = fc.oneof(fc.constantFrom('ip', 'nat', '@a', 'tcp', '==', null, -1, 2 ** 53), fc.string())
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      values,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 3 }),
    ),
  }))
  fc.assert(
    fc.property(fc.array(tree, { maxLength: 4 }), (expr) => {
      listMappings({ ...NO_RULES, chains: parseNft(text(expr)) })
    }),
    { numRuns: 1000 },
  )
})
