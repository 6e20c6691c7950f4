import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import { sharedNetNamespace } from '../../src/rules/shared-net-namespace.ts'
import { unmanagedContainer } from '../../src/rules/unmanaged-container.ts'
import { container, snapshot } from '../helpers/builders.ts'

t.test('lets a rule that throws blind only itself, and keeps what it had found as stale', (t) => {
  const broken = {
    ...sharedNetNamespace,
    evaluate: () => {
      throw new Error('a bug')
    },
  }
  const before = reportOf(
    snapshot({ containers: [container({ sharing: { net: { declared: 'host', observed: 'host' } } })] }),
  )
  const after = reportOf(before, { rules: [broken, unmanagedContainer], previous: before.findings })

  t.match(after.gaps, [{ source: 'rule', subject: 'shared-net-namespace', affects: ['net'], detail: 'a bug' }])
  t.match(after.findings, [{ rule: 'shared-net-namespace', stale: true }])
  t.strictSame(reportOf(after).gaps, [], 'and the gap goes when the rule judges again')
  t.end()
})
