import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { t } from 'tap'
import { browserSkip, openPage } from '../helpers/browser.ts'
import { nsentinel } from '../helpers/cli.ts'
import { API } from '../helpers/collect.ts'
import { FaultRun } from '../helpers/fault-run.ts'
import { FaultSite } from '../helpers/fault-site.ts'
import { postgresFaultStore } from '../helpers/fault-store.ts'
import { startPostgres, whyNoPostgres } from '../helpers/postgres.ts'
import { seedOf } from '../helpers/random.ts'

// A database, two collectors, two agents and a browser start, which takes seconds where the machine is busy.
t.setTimeout(240_000)

const AGENTS = 2
const POLL_MS = 50

t.test(
  'loses no event over a rolling restart, shows no node as silent, and dashboards come back by themselves',
  { skip: whyNoPostgres() || browserSkip },
  async (t) => {
    const server = await startPostgres()
    t.teardown(() => server.stop())
    const store = await postgresFaultStore(server)
    const site = await FaultSite.start(t, { store })
    const seed = seedOf(t)
    const folder = t.testdir({})
    const runs: FaultRun[] = []
    for (let agent = 0; agent < AGENTS; agent += 1)
      runs.push(await FaultRun.join(t, site, { seed: seed + agent, folder }))
    const progress = () => Promise.all(runs.map((run) => run.progress()))
    await progress()
    const watched = watchStatuses(site)
    t.teardown(() => watched.stop())
    const { page, complaints } = await openPage(t)
    const reconnected = hearReconnected(page)
    const secret = await logIn(site)
    // Collectors behind one address listen on one port each; here they share the host.
    const cookies = site.ports.map((port) => ({
      name: `nsentinel_session_${port}`,
      value: secret,
      url: originOf(site),
    }))
    await page.context().addCookies(cookies)
    await page.goto(originOf(site))
    const isLive = () => page.getByRole('status').getByText('live', { exact: true }).waitFor()
    await isLive()

    for (const index of site.ports.keys()) {
      await site.end('SIGTERM', index)
      await progress()
      await isLive()
      await site.start()
      await progress()
    }
    // One of the two was the page's.
    await reconnected
    await isLive()
    const entries = await Promise.all(runs.map((run) => run.finishAgent()))
    const statuses = await watched.stop()

    t.strictSame(site.crashes, [])
    for (const [index, run] of runs.entries()) {
      const { faults, ...figures } = await run.audit(entries[index] ?? 0)
      t.comment(figures)
      t.strictSame(faults, [])
      t.match(figures, { epochs: 1, resyncs: 1 })
    }
    t.ok(statuses.get('online'))
    t.strictSame(
      [...statuses.keys()].filter((status) => status !== 'online' && status !== 'late'),
      [],
    )
    t.strictSame(
      complaints.filter((complaint) => !/WebSocket|Failed to load resource/.test(complaint)),
      [],
    )
  },
)

/** Waits until a page opens its second connection. */
async function hearReconnected(page: Page): Promise<void> {
  await page.waitForEvent('websocket')
  await page.waitForEvent('websocket', { timeout: 0 })
}

function originOf({ proxy }: FaultSite): string {
  return `http://127.0.0.1:${proxy.port}`
}

/** Logs a browser in by a token of the store, and gives what its cookie holds. */
async function logIn(site: FaultSite): Promise<string> {
  const made = await nsentinel(['collector', 'token', 'create', 'watcher', '--role', 'viewer'], site.store.env)
  const body = new URLSearchParams({ token: made.stdout.trim() })
  const origin = originOf(site)
  const response = await fetch(`${origin}/login`, { method: 'POST', body, headers: { origin }, redirect: 'manual' })
  const secret = /^nsentinel_session_\d+=(?<secret>[^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.groups?.[
    'secret'
  ]
  if (secret === undefined) throw new Error(`no cookie: ${response.status} for ${made.stdout} ${made.stderr}`)
  return secret
}

/** Asks again and again how the nodes are shown, and counts what is said; a request that a stopping collector cuts off says nothing. */
function watchStatuses(site: FaultSite): { stop(): Promise<ReadonlyMap<string, number>> } {
  const counts = new Map<string, number>()
  const end = new AbortController()
  const watching = (async () => {
    while (!end.signal.aborted) {
      const statuses = await readStatuses(site).catch(() => [])
      for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1)
      await pause(POLL_MS)
    }
  })()
  return {
    stop: async () => {
      end.abort()
      await watching
      return counts
    },
  }
}

async function readStatuses(site: FaultSite): Promise<string[]> {
  const response = await fetch(`${originOf(site)}/api/v1/nodes`, { headers: { authorization: `Bearer ${API}` } })
  const found = (await response.text()).matchAll(/"status":"(?<status>\w+)"/g)
  return Array.from(found, ({ groups }) => groups?.['status'] ?? '')
}
