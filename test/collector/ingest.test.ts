import { join } from 'node:path'
import { t } from 'tap'
import type { Change } from '../../src/model/changes.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { startClient } from '../helpers/client.ts'
import { startHub } from '../helpers/hub.ts'
import { startProxy } from '../helpers/proxy.ts'
import { type Random, seededRandom } from '../helpers/random.ts'
import { openTestStore } from '../helpers/store.ts'
import { deleteFinding, findingId, putFinding, readHistory } from '../helpers/stream.ts'
import { until } from '../helpers/until.ts'

const PAGE = { limit: 1000 }

t.test('tells watchers what is committed: findings whole, and which rows of which node', async (t) => {
  const { store } = await openTestStore(t)
  const { url, changes } = await startHub(t, store)
  const client = startClient(t, { url })
  await until(() => changes.find(({ findings }) => findings.length > 0))
  const before = changes.length
  client.publish([putFinding('a'), deleteFinding('first')])
  await until(() => (changes.length > before ? true : undefined))

  t.match(changes[before], {
    node: 'node-1',
    types: ['finding'],
    findings: [
      { id: findingId('first'), status: 'resolved', resolution: 'fixed', node: 'node-1' },
      { id: findingId('a'), status: 'open', resolvedAt: null },
    ],
  })
})

t.test('tells watchers that a node came, looked and went', async (t) => {
  const { store } = await openTestStore(t)
  const { url, changes } = await startHub(t, store)
  const client = startClient(t, { url })
  client.look({ takenAt: 1, durationMs: 1, processes: 1, threads: 1, residentBytes: 1, cpuMs: 1 })
  const ofNode = () => changes.filter(({ types }) => types.includes('node')).length
  await until(() => (ofNode() === 2 ? true : undefined))
  await client.close(AbortSignal.timeout(10_000))

  t.equal(await until(() => (ofNode() === 3 ? 3 : undefined)), 3)
})

t.test('loses nothing and stores nothing twice, whatever is cut and restarted', async (t) => {
  const random = seededRandom(t)
  const path = join(t.testdir(), 'store.sqlite')
  const store = await openSqliteStore({ path, now: Date.now })
  let hub = await startHub(t, store)
  const proxy = await startProxy(t, { targetPort: hub.port, bytesToCut: () => 500 + random.below(60_000) })
  const client = startClient(t, { url: new URL(`ws://127.0.0.1:${proxy.port}/agents`) })
  const ledger: Change[] = [putFinding('first')]
  await until(() => (client.spool.firstSeq > 1 ? true : undefined))

  for (let round = 0; round < 300; round += 1) {
    const changes = randomChanges(random, round)
    ledger.push(...changes)
    client.publish(changes)
    if (round % 5 === 0) await until(() => (client.spool.firstSeq > ledger.length - 12 ? true : undefined))
    if (round % 70 === 69) {
      await hub.kill()
      hub = await startHub(t, store, { port: hub.port })
    }
  }
  proxy.calm()
  await client.close(AbortSignal.timeout(30_000))
  await hub.kill()
  await store.close()

  t.comment(`${proxy.cuts} cuts, ${ledger.length} events`)
  t.ok(proxy.cuts > 5)
  const history = readHistory(path).filter(({ ord }) => ord === 0)
  const sent = ledger.slice(1).map(({ op, key }, index) => [index + 2, op, key])
  t.strictSame(
    history.map(({ seq, op, key }) => [seq, op, key]),
    sent,
  )
  t.equal(new Set(readHistory(path).map(({ epoch }) => epoch)).size, 1)
  t.strictSame(await openFindings(path), keysAfter(ledger))
})

t.test('goes on where it was with another collector over the same store', async (t) => {
  const path = join(t.testdir(), 'store.sqlite')
  const first = await openSqliteStore({ path, now: Date.now })
  const dying = await startHub(t, first)
  const client = startClient(t, { url: dying.url })
  client.publish([putFinding('a')])
  await until(() => (client.spool.firstSeq === 3 ? true : undefined))
  await dying.kill()
  await first.close()
  client.publish([putFinding('b'), deleteFinding('a')])

  const second = await openSqliteStore({ path, now: Date.now })
  t.teardown(() => second.close())
  await startHub(t, second, { port: dying.port })
  await until(() => (client.spool.firstSeq === 5 ? true : undefined))
  t.match(client.log.lines.at(-1), ['connected to the collector', { want: 'resume', ackedSeq: 2 }])
  t.strictSame(
    readHistory(path)
      .filter(({ ord }) => ord === 0)
      .map(({ seq }) => seq),
    [3, 4],
  )
})

function randomChanges(random: Random, round: number): Change[] {
  return Array.from({ length: 1 + random.below(5) }, () => {
    const name = random.below(40)
    const summary = 'x'.repeat(random.below(2000))
    return random.next() < 0.3 ? deleteFinding(name, 'fixed', round) : putFinding(name, { summary }, round)
  })
}

function keysAfter(changes: readonly Change[]): string[] {
  const keys = new Set<string>()
  for (const { op, key } of changes) {
    if (op === 'put') keys.add(key)
    else keys.delete(key)
  }
  return [...keys].sort()
}

async function openFindings(path: string): Promise<string[]> {
  const store = await openSqliteStore({ path, now: Date.now })
  const { items } = await store.listFindings({ status: 'open' }, PAGE)
  await store.close()
  return items.map(({ id }) => id).sort()
}
