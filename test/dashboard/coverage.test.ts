import t from 'tap'
import { byTrouble, coverageOf, openSeverities } from '../../src/dashboard/coverage.ts'
import { gap } from '../helpers/builders.ts'
import { nodeView } from '../helpers/views.ts'

const NOTHING = { info: 0, low: 0, medium: 0, high: 0, critical: 0 }

t.test('sums up what is open on all nodes', async (t) => {
  const nodes = [
    nodeView({ openFindings: { ...NOTHING, high: 2, info: 1 } }),
    nodeView({ openFindings: { ...NOTHING, high: 1 } }),
  ]

  const { open, openTotal } = coverageOf(nodes)

  t.strictSame(open, { ...NOTHING, high: 3, info: 1 })
  t.equal(openTotal, 4)
  t.strictSame(openSeverities(open), ['high', 'info'])
})

t.test('calls a node clouded that is late, silent or has gaps', async (t) => {
  const nodes = [
    nodeView({ name: 'whole' }),
    nodeView({ name: 'late', status: 'late' }),
    nodeView({ name: 'silent', status: 'silent' }),
    nodeView({ name: 'partial', gaps: [gap()] }),
  ]

  t.strictSame(
    coverageOf(nodes).clouded.map(({ name }) => name),
    ['late', 'silent', 'partial'],
  )
})

t.test('puts first who needs a look: silent, late, partial, then the worst finding, then by name', async (t) => {
  const nodes = [
    nodeView({ name: 'b' }),
    nodeView({ name: 'a' }),
    nodeView({ name: 'low', openFindings: { ...NOTHING, low: 9 } }),
    nodeView({ name: 'critical', openFindings: { ...NOTHING, critical: 1 } }),
    nodeView({ name: 'partial', gaps: [gap()] }),
    nodeView({ name: 'late', status: 'late' }),
    nodeView({ name: 'silent', status: 'silent' }),
  ]

  t.strictSame(
    nodes.toSorted(byTrouble).map(({ name }) => name),
    ['silent', 'late', 'partial', 'critical', 'low', 'a', 'b'],
  )
})
