import { once } from 'node:events'
import { t } from 'tap'
import { startClient } from '../helpers/client.ts'
import { scriptCollector } from '../helpers/scripted-collector.ts'

t.test('refuses commands', async (t) => {
  const collector = await scriptCollector(t)
  startClient(t, collector)
  const connection = await collector.connection()
  await connection.welcome()
  await connection.next('snapshot')
  connection.send({ type: 'command', id: 'c-1', command: 'scan' })

  t.match(await connection.next('reply'), { id: 'c-1', status: 'refused', reason: String })
})

t.test('ends a connection on which the collector breaks the protocol', async (t) => {
  const epoch = '0'.repeat(32)
  const breaches = [
    'garbage',
    '{"type":"gossip"}',
    JSON.stringify({ type: 'ack', epoch, seq: 1 }),
    JSON.stringify({ type: 'command', id: '1', command: 'scan' }),
  ]
  for (const breach of breaches) {
    const collector = await scriptCollector(t)
    const client = startClient(t, collector)
    const connection = await collector.connection()
    connection.send(breach)
    const [code] = await once(connection.socket, 'close')
    t.equal(code, 4000, breach)
    t.match(client.log.lines, [[/broke the protocol/, Object]])
  }
})

t.test('does not believe an ack of what it never sent', async (t) => {
  const collector = await scriptCollector(t)
  startClient(t, collector)
  const connection = await collector.connection()
  const { epoch } = await connection.welcome()
  await connection.next('snapshot')
  connection.send({ type: 'ack', epoch, seq: 2 })

  t.strictSame((await once(connection.socket, 'close')).map(String), ['4000', 'unexpected'])
})
