import { cpSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { entryOf } from '../helpers/ledger.ts'
import { auditHistory } from '../helpers/ledger-audit.ts'
import { begin, openTestStore } from '../helpers/store.ts'
import { readHistory, testStream } from '../helpers/stream.ts'

const SEED = 7
const ENTRIES = 20

t.test('finds what is lost, doubled, out of order, changed or untold in a history', async (t) => {
  const { store, path } = await openTestStore(t)
  const stream = testStream()
  stream.spool.append(entryOf(SEED, 1))
  const session = await begin(store, stream)
  for (let entry = 2; entry <= ENTRIES; entry += 1) await store.apply(session, stream.batch(entryOf(SEED, entry)))
  await store.close()
  t.match(auditHistory(readHistory(path), SEED, ENTRIES), { faults: [], epochs: 1, resyncs: 1 })

  const spoilt: Record<string, string> = {
    'a lost event': 'DELETE FROM events WHERE seq = 30',
    'a lost end': 'DELETE FROM events WHERE seq > 30',
    'an event that came twice': 'INSERT INTO events SELECT * FROM twice',
    'two events in each other’s place':
      'UPDATE events SET seq = -1 WHERE seq = 30; UPDATE events SET seq = 30 WHERE seq = 31; UPDATE events SET seq = 31 WHERE seq = -1',
    'a changed value': `UPDATE events SET value = replace(value, 'high', 'low') WHERE op = 'put' AND type = 'finding'`,
    'a marker that tells of too few': `UPDATE events SET value = json_set(value, '$.folded', 0) WHERE op = 'resync'`,
  }
  for (const [what, sql] of Object.entries(spoilt)) {
    const copy = `${path}.copy`
    cpSync(path, copy)
    const database = new DatabaseSync(copy)
    database.exec(
      'CREATE TEMP TABLE twice AS SELECT * FROM events WHERE seq = 30 AND ord = 0; UPDATE twice SET ord = 1, id = -1',
    )
    database.exec(sql)
    database.close()

    t.not(auditHistory(readHistory(copy), SEED, ENTRIES).faults.length, 0, what)
  }
  t.not(auditHistory(readHistory(path), SEED, ENTRIES + 1).faults.length, 0, 'an entry that was never told')
})
