import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import { container, gap, snapshot, TAKEN_AT } from '../helpers/builders.ts'
import { exception } from '../helpers/policy.ts'

const SHARED = container({ sharing: { net: { declared: 'host', observed: 'host' } } })
const DAY_MS = 86_400_000

const policy = { packs: [], exceptions: [exception({ kind: ['net'] }, { expiresAt: TAKEN_AT + DAY_MS })] }
const acceptance = { exception: 'expected', reason: 'a test expects it', expiresAt: TAKEN_AT + DAY_MS }

t.test('shows an accepted finding with its exception, under the id that it has when open', async (t) => {
  const [open] = reportOf(snapshot({ containers: [SHARED] })).findings
  const [accepted] = reportOf(snapshot({ containers: [SHARED] }), { policy }).findings

  t.strictSame(accepted, { ...open, status: 'accepted', acceptance })
})

t.test("judges expiry at the snapshot's moment, so that a replay agrees and a later look reopens", async (t) => {
  const later = reportOf(snapshot({ containers: [SHARED], takenAt: TAKEN_AT + DAY_MS }), { policy }).findings

  t.match(later, [{ status: 'open', acceptance: undefined }])
})

t.test('reopens an expired finding that a gap keeps out of sight', async (t) => {
  const previous = reportOf(snapshot({ containers: [SHARED] }), { policy }).findings
  const blind = { containers: [], gaps: [gap({ affects: ['net'] })] }
  const unseen = (takenAt: number) => reportOf(snapshot({ ...blind, takenAt }), { policy, previous }).findings

  t.match(unseen(TAKEN_AT + 1), [{ status: 'accepted', stale: true, acceptance }])
  t.match(unseen(TAKEN_AT + DAY_MS), [{ status: 'open', stale: true, acceptance: undefined }])
})

t.test('accepts a container of our own by a visible exception, and lists it', async (t) => {
  const self = reportOf(snapshot({ containers: [{ ...SHARED, self: true }] }))

  t.match(self.containers, [{ self: true }])
  t.match(self.findings, [{ status: 'accepted', acceptance: { exception: 'nsentinel/self' } }])
})
