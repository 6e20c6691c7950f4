import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import type { Process } from '../../src/model/task.ts'
import { scanned } from '../helpers/scanned.ts'
import { idOf, row, running, task } from '../helpers/tasks.ts'

const A = idOf('a')
const OWN = { net: 90, pid: 91, ipc: 92, mnt: 93, uts: 94, cgroup: 95 }
const PRIVATE = { rows: [row({ id: A, initPid: 10 })] }

const inOwn = running({ pid: 10, id: A, namespaces: OWN })
const inHost = running({ pid: 10, id: A, namespaces: { ...OWN, net: 4026531833 } })
const escaped = running({ pid: 11, id: A, namespaces: { ...OWN, net: 4026531833 } })

function netOf({ containers }: Snapshot) {
  return containers.find(({ id }) => id === A)?.sharing.net
}

function hits(snapshot: Snapshot): string[] {
  return reportOf(snapshot).findings.map(({ rule, fact }) => `${rule} ${fact}`)
}

t.test('judges drift that two looks agree on', async (t) => {
  const snapshot = await scanned([inHost], PRIVATE)

  t.match(netOf(snapshot), { observed: 'host', verdict: 'undeclared-sharing', sightings: 2 })
  t.strictSame(hits(snapshot), ['undeclared-sharing net'])
})

t.test('does not judge what only the first look saw, and says that it was unsettled', async (t) => {
  const snapshot = await scanned([inHost], { ...PRIVATE, again: [inOwn] })

  t.match(netOf(snapshot), { observed: 'own', verdict: 'as-declared', sightings: 1 })
  t.strictSame(hits(snapshot), [])
  t.match(
    snapshot.gaps.find(({ affects }) => affects.includes(A)),
    { source: 'procfs', subject: `container ${A}`, reason: 'gone', detail: /changed namespaces/ },
  )
})

t.test('does not judge what only the second look saw', async (t) => {
  const odd = running({ pid: 10, id: A, namespaces: { ...OWN, ipc: 4026531839 } })
  const moved = running({ pid: 10, id: A, namespaces: { ...OWN, ipc: 4026531839, net: 4026531833 } })

  const snapshot = await scanned([odd], { ...PRIVATE, again: [moved] })

  t.match(netOf(snapshot), { observed: 'host', sightings: 1 })
  t.strictSame(hits(snapshot), ['undeclared-sharing ipc'], 'but what both saw')
})

t.test('looks once where nothing is odd', async (t) => {
  const snapshot = await scanned([inOwn], { ...PRIVATE, again: [] })

  t.match(netOf(snapshot), { observed: 'own', sightings: 1 })
  t.notOk(snapshot.gaps.some(({ affects }) => affects.includes(A)))
})

t.test('looks twice at what nobody declared and the host has', async (t) => {
  t.match(netOf(await scanned([inHost])), { declared: 'unknown', observed: 'host', sightings: 2 })
})

t.test('judges a task elsewhere that two looks agree on', async (t) => {
  const snapshot = await scanned([inOwn, escaped], PRIVATE)

  t.match(netOf(snapshot), { observed: 'mixed', main: 'own', sightings: 2, others: [{ relation: 'host', total: 1 }] })
  t.strictSame(hits(snapshot), ['escaped-process net'])
})

const PASSING: readonly (readonly [string, readonly Process[]])[] = [
  ['ended', [inOwn]],
  ['came back', [inOwn, running({ pid: 11, id: A, namespaces: OWN })]],
  ['ended, and its number is another’s', [inOwn, { ...escaped, leader: { ...escaped.leader, startTime: 99 } }]],
]

for (const [what, again] of PASSING) {
  t.test(`forgets a task elsewhere that ${what} between two looks`, async (t) => {
    const snapshot = await scanned([inOwn, escaped], { ...PRIVATE, again })

    t.match(netOf(snapshot), { observed: 'own', verdict: 'as-declared', others: [] })
    t.strictSame(hits(snapshot), [])
  })
}

t.test('judges a thread elsewhere as it does a process', async (t) => {
  const odd = task({ pid: 10, tid: 12, id: A, namespaces: { ...OWN, net: 4026531833 } })
  const threaded = { ...inOwn, oddThreads: [odd], threads: 2 }

  t.match(netOf(await scanned([threaded], PRIVATE)), {
    observed: 'mixed',
    sightings: 2,
    others: [{ tasks: [{ tid: 12 }] }],
  })
  t.match(netOf(await scanned([threaded], { ...PRIVATE, again: [inOwn] })), { observed: 'own', others: [] })
})

t.test('leaves a container out whose main task ended between two looks, and says so', async (t) => {
  const snapshot = await scanned([inHost], { ...PRIVATE, again: [] })

  t.strictSame(snapshot.containers, [])
  t.match(
    snapshot.gaps.find(({ affects }) => affects.includes(A)),
    { reason: 'gone', detail: /ended/ },
  )
})

t.test('keeps an earlier finding as stale while it is unsettled, and drops it when it is settled', async (t) => {
  const before = reportOf(await scanned([inHost], PRIVATE))
  const unsettled = reportOf(await scanned([inHost], { ...PRIVATE, again: [inOwn] }), { previous: before.findings })
  const settled = reportOf(await scanned([inOwn], PRIVATE), { previous: unsettled.findings })

  t.match(unsettled.findings, [{ id: before.findings[0]?.id, stale: true }])
  t.strictSame(settled.findings, [])
})

t.test('ends at once when it is told to between two looks', async (t) => {
  const stop = new AbortController()
  const scan = scanned([inHost], { ...PRIVATE, signal: stop.signal })
  setImmediate(() => stop.abort())

  await t.rejects(scan, { name: 'AbortError' })
})
