import t from 'tap'
import { createRefresher } from '../../src/dashboard/refresher.ts'

t.test('reads at once, and many changes while it reads make one more read', async (t) => {
  const reads = recordReads()
  const refresher = createRefresher(reads.read, 1)
  t.teardown(() => refresher.stop())

  refresher.refresh()
  for (let change = 0; change < 50; change += 1) refresher.refresh()
  t.equal(reads.count(), 1)
  reads.finish()
  await reads.began(2)
  reads.finish()
  refresher.refresh()
  await reads.began(3)

  t.equal(reads.count(), 3)
})

t.test('reads again after a read that failed', async (t) => {
  let count = 0
  const failed = Promise.withResolvers<void>()
  const again = Promise.withResolvers<void>()
  const read = async () => {
    count += 1
    if (count === 2) again.resolve()
    failed.resolve()
    throw new Error('no answer')
  }
  const refresher = createRefresher(read, 1)
  t.teardown(() => refresher.stop())

  refresher.refresh()
  await failed.promise
  refresher.refresh()

  await again.promise
})

t.test('a stopped one cuts its read off and begins none', async (t) => {
  const reads = recordReads()
  const refresher = createRefresher(reads.read, 1)

  refresher.refresh()
  refresher.refresh()
  refresher.stop()
  reads.finish()

  t.ok(reads.signal()?.aborted)
  t.equal(reads.count(), 1)
})

/** Reads that end when told to. */
function recordReads() {
  const pending: { readonly resolve: () => void; readonly signal: AbortSignal }[] = []
  const waiting = new Map<number, () => void>()
  let count = 0
  return {
    read: (signal: AbortSignal) => {
      count += 1
      waiting.get(count)?.()
      return new Promise<void>((resolve) => pending.push({ resolve, signal }))
    },
    count: () => count,
    signal: () => pending.at(-1)?.signal,
    finish: () => pending.at(-1)?.resolve(),
    began: (wanted: number) =>
      count >= wanted ? Promise.resolve() : new Promise<void>((resolve) => waiting.set(wanted, resolve)),
  }
}
