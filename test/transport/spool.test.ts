import { type Test, t } from 'tap'
import type { Change } from '../../src/model/changes.ts'
import { emptyDigest, toggle } from '../../src/model/digest.ts'
import { hashRow } from '../../src/transport/digest.ts'
import type { MemorySpoolOptions } from '../../src/transport/memory-spool.ts'
import type { Spool } from '../../src/transport/spool.ts'
import { TAKEN_AT } from '../helpers/builders.ts'
import { type OpenSpool, SPOOLS, seqs } from '../helpers/spools.ts'
import { deleteFinding, putFinding, recordingLog } from '../helpers/stream.ts'

const ALL = Number.MAX_SAFE_INTEGER

for (const [kind, open] of Object.entries(SPOOLS)) {
  t.test(`in ${kind}`, async (t) => {
    t.test('numbers changes from 1 and gives them back in order, within bounds', async (t) => {
      const spool = filled(t, open, ['a', 'b', 'c'])

      t.match(spool, { firstSeq: 1, nextSeq: 4, epoch: /^[0-9a-f]{32}$/ })
      t.strictSame(seqs(spool, 1), [1, 2, 3])
      t.strictSame(seqs(spool, 3), [3])
      t.strictSame(seqs(spool, 4), [])
      t.strictSame(seqs(spool, 1, 1), [1], 'at least one, however large')
      t.strictSame(JSON.parse(spool.read(2, 1)[0]?.text ?? ''), { seq: 2, ...putFinding('b') })
    })

    t.test('forgets what is acknowledged and keeps the digest at that place', async (t) => {
      const spool = filled(t, open, ['a', 'b', 'c'])
      const after = emptyDigest()
      for (const { effect } of spool.read(1, ALL).slice(0, 2)) toggle(after, effect)
      spool.acknowledge(2)

      t.strictSame(seqs(spool, 3), [3])
      t.match(spool, { firstSeq: 3, nextSeq: 4 })
      t.strictSame(spool.digest, after)
      spool.acknowledge(1)
      t.equal(spool.firstSeq, 3)
      spool.acknowledge(99)
      t.match(spool, { firstSeq: 4, nextSeq: 4 })
      t.strictSame(spool.digest, spool.readState().digest)
    })

    t.test('keeps the state that the changes make up, and its digest', async (t) => {
      const spool = filled(t, open, ['a', 'b'])
      spool.append([deleteFinding('a'), putFinding('b', { severity: 'low' }), putFinding('c', {}, 77)])
      const { rows, digest, asOfSeq, takenAt } = spool.readState()
      const expected = emptyDigest()
      for (const row of rows) toggle(expected, hashRow(row))

      t.match({ asOfSeq, takenAt }, { asOfSeq: 5, takenAt: 77 })
      t.match(
        rows.map((row) => JSON.parse(row)),
        [{ type: 'finding', value: { severity: 'low' } }, { type: 'finding' }],
      )
      t.strictSame(digest, Uint8Array.from(expected))
    })

    t.test('forgets its history, never its state, when it is full, and says so', async (t) => {
      for (const bound of [{ maxEvents: 3 }, { maxBytes: 2000 }]) {
        const log = recordingLog()
        const spool = filled(t, open, ['a', 'b', 'c', 'd'], { ...bound, log })

        t.match(spool, { firstSeq: 5, nextSeq: 5 })
        t.equal(spool.readState().rows.length, 4)
        t.strictSame(spool.digest, spool.readState().digest)
        t.match(log.lines, [[/full/, { events: 4 }]])
        spool.append([putFinding('e')])
        t.strictSame(seqs(spool, 5), [5])
      }
    })

    t.test('forgets its history when it is too old, and says so', async (t) => {
      const log = recordingLog()
      const clock = { now: TAKEN_AT }
      const spool = filled(t, open, ['a', 'b'], { log, maxAgeMs: 1000, now: () => clock.now })

      clock.now += 1000
      spool.tend()
      t.strictSame(seqs(spool), [1, 2])
      clock.now += 1
      spool.tend()
      t.strictSame(seqs(spool), [])
      t.match(spool.readState(), { asOfSeq: 2, rows: { length: 2 } })
      t.notOk(spool.isDrained)
      t.match(log.lines, [[/too old/, { events: 2, ageMs: 1001 }]])
    })

    t.test('begins a new epoch with the state that it has, which stands for what waited', async (t) => {
      const spool = filled(t, open, ['a', 'b'])
      const { epoch } = spool
      spool.renew()

      t.not(spool.epoch, epoch)
      t.match(spool, { firstSeq: 3, nextSeq: 3 })
      t.match(spool.readState(), { asOfSeq: 2, rows: [/finding/, /finding/] })
      t.strictSame(spool.digest, spool.readState().digest)
    })

    t.test('is drained when all is acknowledged, be it by events or by a snapshot', async (t) => {
      const spool = filled(t, open, ['a', 'b'])
      t.notOk(spool.isDrained)
      spool.acknowledge(1)
      t.notOk(spool.isDrained)
      spool.acknowledge(2)
      t.ok(spool.isDrained)

      spool.renew()
      t.notOk(spool.isDrained, 'the new epoch has not begun at the collector')
      spool.acknowledge(0)
      t.ok(spool.isDrained)

      const full = filled(t, open, ['a', 'b', 'c', 'd'], { maxEvents: 3 })
      full.acknowledge(3)
      t.notOk(full.isDrained)
      full.acknowledge(4)
      t.ok(full.isDrained)
    })

    t.test('deletes a row that is too large or too deep to be sent, and names it', async (t) => {
      const log = recordingLog()
      const spool = filled(t, open, ['a', 'b'], { log })
      const deep = JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`)
      spool.append([putFinding('a', { summary: 'x'.repeat(300_000) }), putFinding('b', { evidence: { deep } })])

      t.match(
        spool.read(3, ALL).map(({ text }): unknown => JSON.parse(text)),
        [
          { op: 'delete', type: 'finding', cause: 'too-large' },
          { op: 'delete', type: 'finding', cause: 'too-large' },
        ],
      )
      t.strictSame(spool.readState().rows, [])
      t.match(log.lines, [
        [/too large/, { type: 'finding' }],
        [/too large/, { type: 'finding' }],
      ])
    })
  })
}

function filled(t: Test, open: OpenSpool, names: readonly string[], options: Partial<MemorySpoolOptions> = {}): Spool {
  const spool = open(t, options)
  const changes: Change[] = names.map((name) => putFinding(name))
  spool.append(changes)
  return spool
}
