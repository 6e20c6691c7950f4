import t from 'tap'
import { leftAlone } from '../../../src/cli/probe/questions.ts'
import { type Answered, probeExitCode } from '../../../src/cli/probe/result.ts'
import type { ProbeOutcome } from '../../../src/model/port.ts'
import { port, snapshot, TAKEN_AT } from '../../helpers/builders.ts'

function answered(outcome: ProbeOutcome, given: Partial<Answered> = {}): Answered {
  const asked = { vantage: 'host', address: '127.0.0.1', port: 80, protocol: 'tcp' } as const
  return { ...asked, outcome, at: TAKEN_AT, latencyMs: 1, named: '80', claims: [], ...given }
}

function exitCode(answers: readonly Answered[], cut = false): number {
  return probeExitCode({ version: 1, takenAt: TAKEN_AT, node: 'node-1', gaps: [], answers, cut })
}

t.test('a named port answers where it does at one of its addresses, and UDP by silence', async (t) => {
  t.equal(exitCode([answered('refused'), answered('open', { address: '::1' })]), 0)
  t.equal(exitCode([answered('silent', { protocol: 'udp' })]), 0)
  t.equal(exitCode([answered('open'), answered('refused', { named: '81', port: 81 })]), 1)
  t.equal(exitCode([answered('open'), answered('unreachable', { vantage: 'container:c0ffee' })]), 1)
  t.equal(exitCode([answered('reset')]), 1)
})

t.test('what could not be asked weighs less than what did not answer', async (t) => {
  t.equal(exitCode([answered('not-asked')]), 3)
  t.equal(exitCode([answered('failed')]), 3)
  t.equal(exitCode([answered('failed'), answered('timeout', { named: '81', port: 81 })]), 1)
  t.equal(exitCode([answered('open')], true), 3)
})

t.test('of all ports those that are left alone on purpose do not count', async (t) => {
  const elsewhere = { mechanism: 'node-port', targets: [{ address: '10.0.0.7', port: 80 }] } as const
  const given = snapshot({ ports: [port(), port({ hostPort: 30_080, ...elsewhere }), port({ protocol: 'sctp' })] })
  const left = leftAlone(given)

  t.match(left, [
    { address: '0.0.0.0', port: 30_080, outcome: 'not-asked', detail: 'another node may answer it', named: null },
    { protocol: 'sctp', outcome: 'not-asked', detail: 'SCTP is not asked' },
  ])
  t.equal(exitCode([answered('open', { named: null }), ...left]), 0)
})
