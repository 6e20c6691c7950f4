import { t } from 'tap'
import { readResult } from '../../src/transport/result-schema.ts'
import { report } from '../helpers/builders.ts'

t.test('gives the result of the node that was asked', async (t) => {
  t.equal(JSON.parse(readResult('scan', 'node-1', JSON.stringify(report()))).node.name, 'node-1')
  t.throws(() => readResult('scan', 'node-2', JSON.stringify(report())), { message: 'the result is of another node' })
})

t.test('looks for no second fault in a result: the largest has room for millions', async (t) => {
  const { findings: _, ...rest } = report()
  const findings = `[${Array.from({ length: 2_500_000 }, () => '{}').join(',')}]`
  const begunAt = performance.now()
  const text = `{"findings":${findings},${JSON.stringify(rest).slice(1)}`

  t.throws(() => readResult('scan', 'node-1', text), { message: /^the result does not keep its shape: findings\.0\./ })
  t.ok(performance.now() - begunAt < 10_000, 'with each of them it took minutes, or all memory')
})
