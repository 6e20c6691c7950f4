import t from 'tap'
import { exitCodeOf } from '../../src/cli/verdict-code.ts'
import type { Report } from '../../src/model/finding.ts'
import { baseline, container, finding, gap, port, report } from '../helpers/builders.ts'

const bar = { failOn: 'high', allowUnknown: false } as const

function codeOf(given: Partial<Report>, asked: Parameters<typeof exitCodeOf>[1] = bar): number {
  return exitCodeOf(report(given), asked)
}

t.test('is 0 without a bar, whatever was found', async (t) => {
  const findings = [finding({ severity: 'critical' })]

  t.equal(codeOf({ findings, gaps: [gap()] }, { allowUnknown: false }), 0)
})

t.test('is 1 from the bar on, and 0 below', async (t) => {
  t.equal(codeOf({ findings: [finding({ severity: 'high' })] }), 1)
  t.equal(codeOf({ findings: [finding({ severity: 'critical' })] }), 1)
  t.equal(codeOf({ findings: [finding({ severity: 'medium' })] }), 0)
})

t.test('does not count what was accepted', async (t) => {
  t.equal(codeOf({ findings: [finding({ status: 'accepted', severity: 'critical' })] }), 0)
})

t.test('is 3 with a bar when a net, pid, ipc or port verdict is unknown', async (t) => {
  const unknown = { declared: 'unknown' } as const

  t.equal(codeOf({ containers: [container({ sharing: { net: unknown } })] }), 3)
  t.equal(codeOf({ containers: [container({ sharing: { uts: unknown } })] }), 0)
  t.equal(codeOf({ ports: [port()] }), 0)
  t.equal(codeOf({ ports: [port({ mechanism: 'unknown' })] }), 3)
  t.equal(codeOf({ ports: [port({ effective: { outside: 'yes', node: 'unknown', loopback: 'yes' } })] }), 3)
})

t.test('judges of sockets on the host only those that a container holds', async (t) => {
  const effective = { outside: 'unknown', node: 'unknown', loopback: 'unknown' } as const
  const socket = (containerId?: string) =>
    port({
      mechanism: 'host-listener',
      effective,
      owners: [{ role: 'listener', ...(containerId === undefined ? {} : { containerId }) }],
    })

  t.equal(codeOf({ ports: [socket()] }), 0)
  t.equal(codeOf({ ports: [socket('c0ffee')] }), 3)
})

t.test('is 3 with a bar when a gap can have hidden a container', async (t) => {
  t.equal(codeOf({ gaps: [gap({ affects: '*' })] }), 3)
  t.equal(codeOf({ gaps: [gap({ affects: ['net'] })] }), 3)
  t.equal(codeOf({ gaps: [gap({ affects: [] })] }), 0)
})

t.test('takes the unknown for good on demand, and never for worse than a finding', async (t) => {
  const gaps = [gap()]

  t.equal(codeOf({ gaps }, { failOn: 'info', allowUnknown: true }), 0)
  t.equal(codeOf({ gaps, findings: [finding()] }), 1)
})

t.test('is 3 whatever is asked when nothing proves any of net, pid and ipc', async (t) => {
  const blind = baseline({ node: { uts: { inode: 1, by: 'pid1' } } })
  const halfBlind = baseline({ node: { ipc: { inode: 1, by: 'constant' } } })

  t.equal(codeOf({ baseline: blind }, { allowUnknown: true }), 3)
  t.equal(codeOf({ baseline: halfBlind }, { allowUnknown: true }), 0)
})
