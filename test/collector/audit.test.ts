import { pino } from 'pino'
import { t } from 'tap'
import { Audit } from '../../src/collector/audit.ts'
import type { AuditView } from '../../src/store/store.ts'
import type { Incident } from '../../src/transport/admission.ts'
import { until } from '../helpers/until.ts'

const TEN_MINUTES = 10 * 60_000

/** The store fails so often before it takes anything. */
function openAudit(trouble: { failures: number; asked?: number } = { failures: 0 }) {
  const kept = new Map<string, AuditView>()
  const lines: { reason?: string; msg: string }[] = []
  const clock = { now: TEN_MINUTES }
  const store = {
    keepAudit: async (entries: readonly AuditView[]) => {
      trouble.failures -= 1
      trouble.asked = (trouble.asked ?? 0) + 1
      if (trouble.failures >= 0) throw new Error('the database is away')
      for (const entry of entries) kept.set(entry.id, entry)
    },
  }
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line)) })
  return { audit: new Audit({ store, now: () => clock.now, log, flushMs: 2 }), kept, lines, clock }
}

const incident = (given: Partial<Incident> = {}): Incident => ({
  action: 'refused',
  reason: 'wrong-token',
  address: '192.0.2.1',
  agentId: null,
  node: null,
  detail: null,
  ...given,
})

t.test('keeps what was refused to whom, from where, why and when, and logs it once', async (t) => {
  const { audit, kept, lines, clock } = openAudit()
  audit.note(incident({ agentId: 'a', node: 'n', detail: 'bad\u001b[31m frame' }))
  clock.now += 1000
  audit.note(incident({ agentId: 'a', node: 'n', detail: 'bad\u001b[31m frame' }))
  audit.note(incident({ action: 'enrolled', reason: null, agentId: 'b' }))
  await audit.close()

  t.match(
    [...kept.values()],
    [
      { at: TEN_MINUTES, lastAt: clock.now, count: 2, reason: 'wrong-token', detail: 'bad\\x1b[31m frame' },
      { action: 'enrolled', agentId: 'b', count: 1 },
    ],
  )
  t.match(lines, [
    { msg: 'refused an agent', agentId: 'a', node: 'n', reason: 'wrong-token', address: '192.0.2.1' },
    { msg: 'an agent enrolled' },
  ])
  t.strictSame([...audit.refused], [['wrong-token', 2]])
})

t.test('begins a new entry when ten minutes have passed, or the clock was set back by more', async (t) => {
  for (const stepMs of [TEN_MINUTES, -6 * TEN_MINUTES]) {
    const { audit, kept, clock } = openAudit()
    audit.note(incident())
    clock.now += stepMs
    audit.note(incident())
    await audit.close()

    t.strictSame(
      [...kept.values()].map(({ count }) => count),
      [1, 1],
    )
  }
})

t.test('does not let the flood of one network push out the others', async (t) => {
  const { audit, kept, lines } = openAudit()
  for (let index = 0; index < 100_000; index += 1) {
    audit.note(incident({ agentId: `forged-${index}`, address: `2001:db8::${(index % 60_000).toString(16)}` }))
  }
  audit.note(incident({ agentId: 'other', reason: 'wrong-secret' }))
  await audit.close()
  const entries = [...kept.values()]

  t.equal(entries.length, 22)
  t.equal(lines.length, 22)
  t.match(entries.at(-2), { agentId: null, address: '2001:db8:0:0::/64', count: 100_000 - 20 })
  t.match(entries.at(-1), { agentId: 'other', reason: 'wrong-secret', count: 1 })
})

t.test('does not grow with the flood of many networks, and counts all of it', async (t) => {
  const { audit, kept } = openAudit()
  for (let index = 0; index < 100_000; index += 1) {
    audit.note(incident({ address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}` }))
  }
  await audit.close()
  const entries = [...kept.values()]
  let total = 0
  for (const { count } of entries) total += count

  t.equal(entries.length, 501)
  t.equal(total, 100_000)
  t.match(entries.at(-1), { address: 'many', reason: 'wrong-token' })
})

t.test('keeps what the store could not take until it can, as it is by then', async (t) => {
  const trouble = { failures: 3 }
  const { audit, kept, lines } = openAudit(trouble)
  audit.note(incident({ agentId: 'first' }))
  await until(() => trouble.failures < 3 || undefined)
  audit.note(incident({ agentId: 'second' }))
  audit.note(incident({ agentId: 'first' }))
  await until(() => trouble.failures < 0 || undefined)

  t.match(
    [...kept.values()],
    [
      { agentId: 'first', count: 2 },
      { agentId: 'second', count: 1 },
    ],
  )
  t.equal(lines.filter(({ msg }) => msg.startsWith('could not keep')).length, 1, 'it says so once')
  await audit.close()
})

t.test('keeps no more for a store that is away than that would keep', async (t) => {
  const trouble = { failures: Number.POSITIVE_INFINITY, asked: 0 }
  const { audit, kept, clock } = openAudit(trouble)
  for (let window = 0; window < 25; window += 1) {
    clock.now += TEN_MINUTES
    for (let index = 0; index < 600; index += 1) audit.note(incident({ address: `10.${index >> 8}.${index & 255}.1` }))
    const { asked } = trouble
    await until(() => trouble.asked > asked + 1 || undefined)
  }
  trouble.failures = 0
  await audit.close()

  t.equal(kept.size, 10_000)
  t.equal([...kept.values()].at(-1)?.at, clock.now, 'the newest')
})
