import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { browserSkip, openPage } from '../helpers/browser.ts'
import { container, finding } from '../helpers/builders.ts'
import { openDashboard, startDashboard } from '../helpers/dashboard.ts'

const options = { skip: browserSkip, timeout: 90_000 }

t.test(
  'says that it is not live when the connection is lost, comes back and shows what happened meanwhile',
  options,
  async (t) => {
    const fleet = await startDashboard(t)
    const wire = await startWire(t, fleet.url)
    const { page } = await openPage(t)
    await page.goto((fleet.logins.at(-1) ?? '').replace(fleet.url, wire.url))
    const agent = fleet.agent('node-1')
    agent.tell({ containers: [container()] })
    await page.getByText('Nothing is open.').waitFor()

    wire.cut()
    await page.getByRole('status').getByText('not live: reconnecting').waitFor()
    agent.tell({ containers: [container()], findings: [finding()] })
    t.equal(await page.getByText('Nothing is open.').count(), 1, 'what is known stays')
    wire.mend()

    await page.getByRole('status').getByText('live', { exact: true }).waitFor()
    await page.getByText('1 open finding').waitFor()
  },
)

t.test('says that the session ended instead of showing what is old', options, async (t) => {
  let now = Date.now()
  const fleet = await startDashboard(t, { now: () => now, live: { pingIntervalMs: 100 } })
  const { page } = await openPage(t)
  await page.goto(fleet.logins.at(-1) ?? '')
  await page.getByRole('status').getByText('live', { exact: true }).waitFor()

  now += 24 * 3_600_000

  await page.getByRole('heading', { name: 'The session ended' }).waitFor()
})

t.test('logs out by its button, in every page of the session', options, async (t) => {
  const fleet = await startDashboard(t, { live: { checkIntervalMs: 100 } })
  const { page } = await openPage(t)
  await page.goto(fleet.logins.at(-1) ?? '')
  const other = await page.context().newPage()
  await other.goto(fleet.url)
  await other.getByRole('status').getByText('live', { exact: true }).waitFor()

  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByRole('heading', { name: 'You are not logged in' }).waitFor()
  await other.getByRole('heading', { name: 'The session ended' }).waitFor()
  await other.getByRole('link', { name: 'Log in again' }).click()
  await other.getByRole('heading', { name: 'You are not logged in' }).waitFor()
})

t.test('a login token is gone from the address, and works once', options, async (t) => {
  const { fleet, page } = await openDashboard(t)
  const used = fleet.logins[0] ?? ''

  t.equal(page.url(), `${fleet.url}/`)
  t.equal(fleet.logins.length, 2)
  await page.context().clearCookies()
  await page.goto(used)
  await page.getByRole('heading', { name: 'You are not logged in' }).waitFor()
  await page.getByRole('alert').getByText('wrong or was used').waitFor()
})

t.test('a page of another origin can neither read nor watch', options, async (t) => {
  const { fleet, page } = await openDashboard(t)
  const port = new URL(fleet.url).port
  await page.route('http://evil.example/', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>evil</title>' }),
  )
  await page.goto('http://evil.example/')

  const watched = await page.evaluate(`new Promise((resolve) => {
    const socket = new WebSocket('ws://127.0.0.1:${port}/api/v1/live')
    socket.onopen = () => resolve('open')
    socket.onerror = () => resolve('refused')
  })`)
  const read = await page.evaluate(
    `fetch('${fleet.url}/api/v1/nodes', { credentials: 'include' }).then(() => 'read', () => 'refused')`,
  )

  t.equal(watched, 'refused')
  t.equal(read, 'refused')
})

t.test('loads nothing from elsewhere', options, async (t) => {
  const fleet = await startDashboard(t)
  const { page } = await openPage(t)
  const origins = new Set<string>()
  page.on('request', (request) => origins.add(new URL(request.url()).origin))

  await page.goto(fleet.logins.at(-1) ?? '')
  await page.getByRole('status').getByText('live', { exact: true }).waitFor()

  t.strictSame(
    [...origins].filter((origin) => origin !== 'null'),
    [fleet.url],
  )
})

interface Wire {
  readonly url: string
  /** Ends every connection and takes no new one. */
  cut(): void
  mend(): void
}

/** Stands between browser and collector, to be cut. */
async function startWire(t: Test, target: string): Promise<Wire> {
  const sockets = new Set<Socket>()
  let whole = true
  const server = createServer((near) => {
    if (!whole) {
      near.destroy()
      return
    }
    const far = connect(Number(new URL(target).port), '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    whole = false
    for (const socket of sockets) socket.destroy()
  }
  t.teardown(() => {
    cut()
    server.close()
  })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  return { url, cut, mend: () => (whole = true) }
}
