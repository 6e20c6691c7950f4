import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { browserSkip, openPage } from '../helpers/browser.ts'
import { nsentinelHere } from '../helpers/cli.ts'
import { startTrusting } from '../helpers/trust.ts'

t.setTimeout(90_000)

t.test('a browser logs in by the form, and not by that of another site', { skip: browserSkip }, async (t) => {
  const store = join(t.testdir({}), 'kept.db')
  const { url } = await startTrusting(t, { store })
  const { stdout: secret } = await nsentinelHere(['collector', 'token', 'create', 'anna', '--store', store])
  const own = `http://127.0.0.1:${url.port}`
  const foreign = await startForeignSite(t, `${own}/login`, secret)
  const { page } = await openPage(t)

  await page.goto(foreign)
  const [refused] = await Promise.all([page.waitForResponse(`${own}/login`), page.getByRole('button').click()])
  t.equal(refused.status(), 403)

  await page.goto(own)
  await page.getByLabel('Or log in with a token').fill(secret)
  const [welcome] = await Promise.all([page.waitForResponse(`${own}/login`), page.getByRole('button').click()])
  t.equal(welcome.status(), 303)
  await page.waitForURL(`${own}/`)
  t.equal((await page.request.get(`${own}/api/v1/nodes`)).status(), 200)
})

/** Another port of the same host: another origin, and yet the same site, to which cookies are sent. */
async function startForeignSite(t: Test, action: string, token: string): Promise<string> {
  const form = `<form method="post" action="${action}"><input name="token" value="${token}"><button>Win</button></form>`
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(form))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  return `http://127.0.0.1:${address.port}/`
}
