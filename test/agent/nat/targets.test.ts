import t from 'tap'
import { endsOf, follow, NODE, ruleset, table } from '../../helpers/rulesets.ts'

const TARGETS = {
  'DNAT --to-destination 10.0.0.1:80-90/8000': ['10.0.0.1 85'],
  'DNAT --to-destination 10.0.0.1:8000-8010': ['10.0.0.1 8005'],
  'DNAT --to-destination 10.0.0.1:80-90': ['10.0.0.1 80'],
  'DNAT --to-destination 10.0.0.1:80-81 --random': ['10.0.0.1 80', '10.0.0.1 81'],
  'DNAT --to-destination 10.0.0.1-10.0.0.3': ['10.0.0.1 8005', '10.0.0.2 8005', '10.0.0.3 8005'],
  'DNAT --to-destination 10.0.0.1-10.9.0.0': ['unknown'],
  'DNAT --to-destination :99': [`${NODE} 99`],
  'REDIRECT --to-ports 81': [`${NODE} 81`],
} as const

for (const [target, expected] of Object.entries(TARGETS)) {
  t.test(`sends to ${expected.join(' or ')} by ${target}`, async (t) => {
    const rules = ruleset(table(`-A PREROUTING -p tcp -m tcp --dport 8005 -j ${target}`))

    t.strictSame(endsOf(follow(rules, { port: 8005 })), expected)
  })
}
