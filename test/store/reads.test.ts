import type { Change } from '../../src/model/changes.ts'
import type { Container } from '../../src/model/container.ts'
import type { Port } from '../../src/model/port.ts'
import type { Page } from '../../src/model/view.ts'
import type { PageRequest, Store } from '../../src/store/store.ts'
import { baseline, container, type GivenContainer, gap, node, port, TAKEN_AT } from '../helpers/builders.ts'
import { begin, openSession, testStores } from '../helpers/store.ts'
import { deleteFinding, findingId, putFinding, testStream } from '../helpers/stream.ts'

const PAGE = { limit: 100 }
const REFUSED = { code: 'invalid-cursor' }

testStores('lists nodes by name with their facts, gaps, counts and last look', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  await openSession(store, testStream('beta').hello())
  const stream = testStream('alpha')
  const session = await begin(store, stream)
  const facts = { ...node({ name: 'alpha' }), baseline: baseline(), policyHash: 'p' }
  await store.apply(
    session,
    stream.batch([
      { op: 'put', at: 1, type: 'node', key: 'alpha', value: facts },
      { op: 'put', at: 1, type: 'gap', key: 'g', value: gap() },
      putContainer('web'),
      putContainer('db'),
      putFinding('a'),
      putFinding('b', { severity: 'low' }),
      putFinding('c', { severity: 'low' }),
      deleteFinding('c'),
    ]),
  )
  const look = { takenAt: TAKEN_AT, durationMs: 42, processes: 7, threads: 8, residentBytes: 9, cpuMs: 10 }
  await store.look(session, look)

  const { items } = await store.listNodes(PAGE)
  t.match(items, [{ name: 'alpha' }, { name: 'beta', os: 'unknown', baseline: { node: {} }, containers: 0 }])
  t.strictSame(items[0], {
    ...facts,
    bootId: 'boot-1',
    agentId: 'agent-of-alpha',
    agentVersion: '0.1.0',
    status: 'online',
    lastSeenAt: clock.now,
    lastLook: look,
    clockOffsetMs: 0,
    containers: 2,
    historySince: TAKEN_AT,
    openFindings: { info: 0, low: 1, medium: 0, high: 1, critical: 0 },
    gaps: [gap()],
  })
  t.strictSame(await store.readNode('alpha'), items[0])
  t.equal(await store.readNode('gamma'), null)
})

testStores('lists containers by node and name, and finds them by what is asked', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const pod = { namespace: 'shop', name: 'cart-1', uid: 'u', container: 'c', static: false, proof: 'cri' } as const
  const drifted = { observed: 'mixed', others: [{ relation: 'host', inode: 1, tasks: [], total: 1 }] } as const
  await tell(store, 'a', [
    putContainer('web', { sharing: { net: { declared: 'host', observed: 'host' } } }),
    putContainer('Cart', { pod, sharing: { pid: drifted } }),
  ])
  await tell(store, 'b', [putContainer('db_1', { image: 'registry/Postgres:16' })])

  const names = async (filter: Parameters<Store['listContainers']>[0]) =>
    (await store.listContainers(filter, PAGE)).items.map(({ name }) => name)
  t.strictSame(await names({}), ['Cart', 'web', 'db_1'])
  t.strictSame(await names({ node: 'b' }), ['db_1'])
  t.strictSame(await names({ node: 'nowhere' }), [])
  t.strictSame(await names({ pod: 'shop/cart-1' }), ['Cart'])
  t.strictSame(await names({ shared: 'net' }), ['web'])
  t.strictSame(await names({ shared: 'pid' }), ['Cart'])
  t.strictSame(await names({ shared: 'ipc' }), [])
  t.strictSame(await names({ search: 'POSTGRES' }), ['db_1'])
  t.strictSame(await names({ search: 'cart-1' }), ['Cart'])
  t.strictSame(await names({ search: '_' }), ['db_1'], 'a wildcard of SQL is a plain character')
  t.strictSame(await names({ search: '%' }), [])
})

testStores('gives a container back as the agent told it, with its node', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const put = putContainer('web', { name: 'a\0b' })
  await tell(store, 'a', [put])

  t.strictSame((await store.listContainers({}, PAGE)).items, [{ ...put.value, node: 'a' }])
})

testStores('lists ports by node and number, and finds ranges by a port inside', async (t, openTestStore) => {
  const { store } = await openTestStore()
  await tell(store, 'a', [
    putPort({ hostPort: 9000 }),
    putPort({ hostPort: 80, protocol: 'udp' }),
    putPort({ hostPort: 70, hostPortEnd: 90 }),
  ])
  await tell(store, 'b', [putPort({ hostPort: 80 })])

  const ports = async (filter: Parameters<Store['listPorts']>[0]) =>
    (await store.listPorts(filter, PAGE)).items.map((row) => `${row.node}:${row.hostPort}/${row.protocol}`)
  t.strictSame(await ports({}), ['a:70/tcp', 'a:80/udp', 'a:9000/tcp', 'b:80/tcp'])
  t.strictSame(await ports({ port: 80 }), ['a:70/tcp', 'a:80/udp', 'b:80/tcp'])
  t.strictSame(await ports({ port: 80, protocol: 'udp' }), ['a:80/udp'])
  t.strictSame(await ports({ port: 91 }), [])
  t.strictSame(await ports({ node: 'b' }), ['b:80/tcp'])
})

testStores(
  'lists the most severe findings first, of these the newest, and finds them by what is asked',
  async (t, openTestStore) => {
    const { store } = await openTestStore()
    const subject = { type: 'container', containerName: 'Cart', pod: 'shop/cart-1' } as const
    await tell(store, 'a', [
      putFinding('low', { severity: 'low', rule: 'exposed-host-port' }),
      putFinding('old', {}, TAKEN_AT - 1000),
      putFinding('new', { status: 'accepted', subject }, TAKEN_AT),
    ])
    await tell(store, 'b', [putFinding('critical', { severity: 'critical', group: 'g' }), deleteFinding('critical')])

    const ids = async (filter: Parameters<Store['listFindings']>[0]) =>
      (await store.listFindings(filter, PAGE)).items.map(({ id }) =>
        Buffer.from(id, 'hex').toString().replaceAll('\0', ''),
      )
    t.strictSame(await ids({}), ['critical', 'new', 'old', 'low'])
    t.strictSame(await ids({ node: 'a' }), ['new', 'old', 'low'])
    t.strictSame(await ids({ node: 'nowhere' }), [])
    t.strictSame(await ids({ severity: 'high' }), ['critical', 'new', 'old'])
    t.strictSame(await ids({ status: 'open' }), ['old', 'low'])
    t.strictSame(await ids({ status: 'accepted' }), ['new'])
    t.strictSame(await ids({ status: 'resolved', severity: 'high' }), ['critical'])
    t.strictSame(await ids({ rule: 'exposed-host-port' }), ['low'])
    t.strictSame(await ids({ group: 'g' }), ['critical'])
    t.strictSame(await ids({ search: 'CART-1' }), ['new'])
    t.strictSame(await ids({ search: 'no such' }), [])
  },
)

testStores('gives every row once, page after page', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const names = Array.from({ length: 7 }, (_, index) => `n${index}`)
  for (const name of names) {
    const changes = names.flatMap((row) => [putFinding(row), putContainer(row), putPort({ claim: row })])
    await tell(store, name, changes)
  }

  const filter = { status: 'open' } as const
  t.equal(await countDistinct((page) => store.listFindings(filter, page)), 49)
  t.equal(await countDistinct((page) => store.listContainers({}, page)), 49)
  t.equal(await countDistinct((page) => store.listPorts({}, page)), 49)
  t.equal(await countDistinct((page) => store.listNodes(page)), 7)
})

testStores('refuses a cursor that the list never gave', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const cursors = ['x', '!', '', Buffer.from('a\0b\0c\0d').toString('base64url'), 'é', 'AA'.repeat(10_000)]

  for (const cursor of cursors) {
    const page = { limit: 10, cursor }
    await t.rejects(store.listFindings({}, page), REFUSED)
    await t.rejects(store.listContainers({}, page), REFUSED)
    await t.rejects(store.listPorts({}, page), REFUSED)
    await t.rejects(store.listQuarantine(page), REFUSED)
  }
  await t.rejects(store.listNodes({ limit: 10, cursor: '!' }), REFUSED)
})

testStores('answers a ping', async (t, openTestStore) => {
  const { store } = await openTestStore()

  await t.resolves(store.ping())
})

async function countDistinct(list: (page: PageRequest) => Promise<Page<unknown>>): Promise<number> {
  const rows = new Set<string>()
  let count = 0
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Page<unknown> = await list({ limit: 4, cursor })
    for (const row of page.items) rows.add(JSON.stringify(row))
    count += page.items.length
    cursor = page.nextCursor
  }
  if (count !== rows.size) throw new Error(`${count} rows, ${rows.size} of them different`)
  return count
}

async function tell(store: Store, name: string, changes: readonly Change[]): Promise<void> {
  const stream = testStream(name)
  const session = await begin(store, stream)
  await store.apply(session, stream.batch(changes))
}

function putContainer(name: string, given: GivenContainer = {}) {
  const { processes: _, ...value }: Container = container({ id: findingId(name), name, ...given })
  return { op: 'put', at: TAKEN_AT, type: 'container', key: value.id, value } as const
}

function putPort(given: Partial<Port>) {
  const value = port(given)
  return { op: 'put', at: TAKEN_AT, type: 'port', key: JSON.stringify(given), value } as const
}
