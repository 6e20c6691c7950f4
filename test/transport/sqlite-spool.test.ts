import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { t } from 'tap'
import { finding } from '../helpers/builders.ts'
import { openSpool, spoolFolder } from '../helpers/spools.ts'
import { deleteFinding, findingId, putFinding } from '../helpers/stream.ts'

t.test('goes on where the last process left it: epoch, numbers, what waits, and the state', async (t) => {
  const folder = spoolFolder(t)
  const { spool: first } = openSpool(t, { folder })
  first.append([putFinding('a'), putFinding('b'), putFinding('c')])
  first.append([deleteFinding('a'), putFinding('b', { severity: 'low' })])
  first.acknowledge(2)
  first.close()
  const { spool, state } = openSpool(t, { folder })

  t.match(spool, { epoch: first.epoch, firstSeq: 3, nextSeq: 6, isUntold: true, isStuck: false, gaps: [] })
  t.strictSame(spool.read(3, 10_000), first.read(3, 10_000))
  t.strictSame(spool.digest, first.digest)
  t.strictSame(spool.readState(), first.readState())
  spool.tend()
  t.notOk(spool.isUntold, 'somebody has looked')
  t.strictSame([...state.keys()], [`finding/${findingId('b')}`, `finding/${findingId('c')}`])
  t.strictSame(state.get(`finding/${findingId('b')}`), {
    type: 'finding',
    key: findingId('b'),
    value: finding({ id: findingId('b'), severity: 'low' }),
  })
})

t.test('has on disk what may be sent, though nobody closed it', async (t) => {
  const folder = spoolFolder(t)
  const { spool } = openSpool(t, { folder })
  spool.append([putFinding('a'), putFinding('b')])

  const reader = new DatabaseSync(join(folder, 'spool.sqlite'), { readOnly: true })
  t.teardown(() => reader.close())
  t.strictSame({ ...reader.prepare('SELECT count(*) AS events FROM events').get() }, { events: 2 })
  t.strictSame({ ...reader.prepare('PRAGMA synchronous').get() }, { synchronous: 2 })
})

t.test('owes the snapshot of a history that it forgot also after a restart', async (t) => {
  const folder = spoolFolder(t)
  const { spool: first } = openSpool(t, { folder, maxEvents: 1 })
  first.append([putFinding('a'), putFinding('b')])
  first.close()
  const { spool } = openSpool(t, { folder })

  t.match(spool, { firstSeq: 3, nextSeq: 3, isDrained: false })
  spool.acknowledge(2)
  t.ok(spool.isDrained)
})
