import { randomBytes } from 'node:crypto'
import { t } from 'tap'
import type { Change } from '../../src/model/changes.ts'
import { openPostgresStore } from '../../src/store/postgres.ts'
import { finding } from '../helpers/builders.ts'
import { startPostgres, whyNoPostgres } from '../helpers/postgres.ts'
import { begin } from '../helpers/store.ts'
import { testStream } from '../helpers/stream.ts'

// A server starts, which takes seconds where the machine is busy.
t.setTimeout(120_000)

t.test('PostgreSQL looks up the longest texts that a frame lets through', { skip: whyNoPostgres() }, async (t) => {
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const nobody = { onChanged: () => undefined, onMissed: () => undefined, onTrouble: () => undefined }
  const store = await openPostgresStore({ url: await server.createDatabase(), maxConnections: 1, ...nobody })
  t.teardown(() => store.close())
  const stream = testStream()
  const session = await begin(store, stream)
  // Random: what repeats itself takes less room in an index.
  const group = randomBytes(2000).toString('base64').slice(0, 1536)
  const id = Array.from(randomBytes(256), (byte) => String.fromCodePoint(0x4e00 + byte * 80)).join('')
  const put: Change = { op: 'put', at: 1, type: 'finding', key: id, value: finding({ id, group }) }

  t.match(await store.apply(session, stream.batch([put])), { outcome: 'stored', ackedSeq: 1 })
  t.match((await store.listFindings({ group }, { limit: 10 })).items, [{ id }])
})
