import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startCollector } from '../helpers/collector.ts'

t.test('serves the dashboard to who is logged in, and its files to all', async (t) => {
  const collector = await startCollector(t, { dashboard: await makeFolder(t) })

  const page = await collector.api('/')
  const script = await fetch(`${collector.url}/assets/main.js`)
  const rule = await fetch(`${collector.url}/assets/shared-net-namespace.md`)

  t.match(await page.text(), 'the page')
  t.equal((await fetch(collector.url)).status, 401)
  t.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8')
  t.equal(await script.text(), 'the script')
  t.equal(rule.headers.get('content-type'), 'text/plain; charset=utf-8')
})

t.test('lets browsers keep a file and ask whether it changed', async (t) => {
  const collector = await startCollector(t, { dashboard: await makeFolder(t) })
  const url = `${collector.url}/assets/main.js`
  const { headers } = await fetch(url)

  const again = await fetch(url, { headers: { 'if-none-match': headers.get('etag') ?? '' } })

  t.equal(headers.get('cache-control'), 'no-cache')
  t.equal(again.status, 304)
})

t.test('gives only files of the folder, of known types', async (t) => {
  const collector = await startCollector(t, { dashboard: await makeFolder(t) })

  for (const path of [
    '/assets/secret.key',
    '/assets/..%2fsecret',
    '/assets/../etc/passwd',
    '/assets/',
    '/assets/%00',
  ]) {
    t.ok([400, 401, 404].includes(await rawStatusOf(collector.url, path)), path)
  }
})

async function makeFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ns-assets-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'index.html'), 'the page')
  await writeFile(join(folder, 'main.js'), 'the script')
  await writeFile(join(folder, 'shared-net-namespace.md'), '# a rule')
  await writeFile(join(folder, 'secret.key'), 'secret')
  return folder
}

/** Sends the path as it is, which fetch would tidy up. */
async function rawStatusOf(url: string, path: string): Promise<number> {
  const { hostname, port } = new URL(url)
  const sent = request({ hostname, port, path, agent: false }).end()
  const [response] = await once(sent, 'response')
  response.resume()
  return response.statusCode
}
