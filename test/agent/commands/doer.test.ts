import t from 'tap'
import { resultSchemas } from '../../../src/transport/result-schema.ts'
import { container, snapshot } from '../../helpers/builders.ts'
import { doing } from '../../helpers/doing.ts'

t.test('a scan gives the report of a look taken now, judged as the agent judges', async (t) => {
  const escaped = { declared: 'private', observed: 'host' } as const
  const { carryOut } = doing(snapshot({ containers: [container({ sharing: { net: escaped } })] }))
  const report = await carryOut({ command: 'scan' })

  t.match(report, { version: 1, containers: [{ name: 'web' }] })
  t.ok(resultSchemas.scan.parse(report).findings.some(({ rule }) => rule === 'undeclared-sharing'))
})
