import type { AuditView } from '../../src/store/store.ts'
import { testStores } from '../helpers/store.ts'

const entry = (number: number, given: Partial<AuditView> = {}): AuditView => ({
  id: `id-${String(number).padStart(6, '0')}`,
  at: number,
  lastAt: number,
  count: 1,
  action: 'refused',
  reason: 'wrong-token',
  agentId: null,
  node: null,
  address: '192.0.2.1',
  detail: null,
  ...given,
})

testStores('lists what was kept, the newest first, page by page', async (t, openTestStore) => {
  const { store } = await openTestStore()
  await store.keepAudit([entry(1), entry(3, { agentId: 'a', node: 'n' }), entry(2), entry(4, { at: 3 })])
  const first = await store.listAudit({ limit: 2 })
  const second = await store.listAudit({ limit: 2, cursor: first.nextCursor ?? '' })

  t.strictSame(
    [...first.items, ...second.items].map(({ id }) => id),
    ['id-000004', 'id-000003', 'id-000002', 'id-000001'],
  )
  t.strictSame(first.items[1], entry(3, { agentId: 'a', node: 'n' }))
  t.equal(second.nextCursor, null)
})

testStores('counts on what it has already', async (t, openTestStore) => {
  const { store } = await openTestStore()
  await store.keepAudit([entry(1)])
  await store.keepAudit([entry(1, { count: 7, lastAt: 9 })])

  t.strictSame((await store.listAudit({ limit: 10 })).items, [entry(1, { count: 7, lastAt: 9 })])
})

testStores('keeps the newest ten thousand', async (t, openTestStore) => {
  const { store } = await openTestStore()
  await store.keepAudit(Array.from({ length: 10_005 }, (_, index) => entry(index)))
  const all: AuditView[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof store.listAudit>> = await store.listAudit({ limit: 1000, cursor })
    all.push(...page.items)
    cursor = page.nextCursor
  }

  t.equal(all.length, 10_000)
  t.equal(all.at(-1)?.at, 5)
})
