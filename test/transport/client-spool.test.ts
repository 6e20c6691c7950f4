import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { t } from 'tap'
import { digestText } from '../../src/transport/digest.ts'
import { startClient } from '../helpers/client.ts'
import { scriptCollector } from '../helpers/scripted-collector.ts'
import { openSpool, spoolFolder } from '../helpers/spools.ts'
import { deleteFinding, findingId, putFinding } from '../helpers/stream.ts'

t.test('goes on in its epoch after a restart, with what was not acknowledged', async (t) => {
  const folder = spoolFolder(t)
  const collector = await scriptCollector(t)
  const first = startClient(t, collector, { spool: openSpool(t, { folder }).spool })
  const before = await collector.connection()
  const { epoch } = await before.welcome()
  before.ack(await before.next('snapshot'))
  first.publish([putFinding('a')])
  const lost = await before.next('batch')
  await first.close(AbortSignal.abort())
  first.spool.close()

  startClient(t, collector, { spool: openSpool(t, { folder }).spool, isTold: false })
  const after = await collector.connection()
  t.match(await after.welcome({ want: 'resume', ackedSeq: 1 }), { epoch, nextSeq: 3 })
  t.strictSame(await after.next('batch'), lost)
})

t.test('tells its state as it is only once it has looked, not as an earlier process left it', async (t) => {
  const folder = spoolFolder(t)
  const { spool: earlier } = openSpool(t, { folder })
  earlier.append([putFinding('old')])
  earlier.close()
  const collector = await scriptCollector(t)
  const client = startClient(t, collector, { spool: openSpool(t, { folder }).spool, isTold: false })
  const connection = await collector.connection()
  await connection.welcome({ want: 'new-epoch' })
  connection.send({ type: 'command', id: 'c-1', command: 'scan' })
  await connection.next('reply')

  client.publish([deleteFinding('old'), putFinding('new')])
  t.match(await connection.next('snapshot'), { items: [{ key: findingId('new') }] })
})

t.test('begins a new epoch where the collector has another state than was told', async (t) => {
  const folder = spoolFolder(t)
  const collector = await scriptCollector(t)
  const { spool } = openSpool(t, { folder })
  const client = startClient(t, collector, { spool })
  const connection = await collector.connection()
  const { epoch } = await connection.welcome()
  connection.ack(await connection.next('snapshot'))
  client.publish([putFinding('a')])
  await connection.next('batch')
  connection.socket.terminate()
  const same = await collector.connection()
  await same.welcome({ want: 'resume', ackedSeq: 1, digest: digestText(spool.digest) })
  t.match(await same.next('batch'), { epoch, firstSeq: 2 })
  same.socket.terminate()
  const other = await collector.connection()
  await other.welcome({ want: 'resume', ackedSeq: 2, digest: '0'.repeat(64) })
  const snapshot = await other.next('snapshot')

  t.not(snapshot.epoch, epoch)
  t.match(snapshot, { items: { length: 2 } })
  t.match(client.log.lines.at(-1), [/another state than was told/, { ackedSeq: 2 }])
})

t.test('sends what the disk does not take as a snapshot in a new epoch, once all before it is stored', async (t) => {
  const folder = spoolFolder(t)
  const collector = await scriptCollector(t)
  const client = startClient(t, collector, { spool: openSpool(t, { folder }).spool })
  const connection = await collector.connection()
  const { epoch } = await connection.welcome()
  connection.ack(await connection.next('snapshot'))
  client.publish([putFinding('a')])
  const durable = await connection.next('batch')
  const blocker = new DatabaseSync(join(folder, 'spool.sqlite'))
  t.teardown(() => blocker.close())
  blocker.exec('BEGIN IMMEDIATE')
  client.publish([putFinding('b')])
  client.publish([putFinding('c')])
  connection.send({ type: 'command', id: 'c-1', command: 'scan' })
  await connection.next('reply')
  connection.ack(durable)
  const snapshot = await connection.next('snapshot')

  t.not(snapshot.epoch, epoch)
  t.match(snapshot, { asOfSeq: 2, items: { length: 4 } }, 'it stands for two changes')
  connection.ack(snapshot)
  client.publish([putFinding('d')])
  t.match(await connection.next('batch'), { epoch: snapshot.epoch, firstSeq: 3, events: [{ key: findingId('d') }] })
})

t.test('does not mind an ack of the epoch that it has given up', async (t) => {
  const folder = spoolFolder(t)
  const collector = await scriptCollector(t)
  const client = startClient(t, collector, { spool: openSpool(t, { folder }).spool })
  const connection = await collector.connection()
  await connection.welcome()
  const first = await connection.next('snapshot')
  const blocker = new DatabaseSync(join(folder, 'spool.sqlite'))
  t.teardown(() => blocker.close())
  blocker.exec('BEGIN IMMEDIATE')
  client.publish([putFinding('a')])
  const second = await connection.next('snapshot')
  connection.ack(first)
  connection.ack(second)
  client.publish([putFinding('b')])

  t.match(await connection.next('batch'), { epoch: second.epoch, firstSeq: 3 })
})
