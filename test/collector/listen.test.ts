import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { createConnection, createServer } from 'node:net'
import t from 'tap'
import { startCollector } from '../helpers/collector.ts'

t.test('on loopback answers only to names of loopback, against DNS rebinding', async (t) => {
  const collector = await startCollector(t)
  const { port } = new URL(collector.url)

  for (const host of [`localhost:${port}`, 'LOCALHOST', `127.0.0.1:${port}`, `[::1]:${port}`, '127.0.0.2']) {
    t.equal(await statusWithHost(collector.url, host), 200, host)
  }
  for (const host of [
    'evil.example',
    `localhost.evil.example:${port}`,
    '10.0.0.1',
    '127.0.0.1.evil.example',
    'x@localhost',
  ]) {
    t.equal(await statusWithHost(collector.url, host), 403, host)
  }
})

t.test('refuses to listen off loopback without TLS, unless told in so many words', async (t) => {
  const refused = startCollector(t, { listen: { address: '0.0.0.0', port: 0, insecure: false } })
  await t.rejects(refused, { code: 'insecure-address', message: /0\.0\.0\.0/ })

  const collector = await startCollector(t, { listen: { address: '0.0.0.0', port: 0, insecure: true } })
  t.equal(await statusWithHost(collector.url.replace('0.0.0.0', '127.0.0.1'), 'nsentinel.example'), 200)
})

t.test('listens only on the address it was given', async (t) => {
  const collector = await startCollector(t)
  const { port } = new URL(collector.url)

  const other = createConnection(Number(port), '127.0.0.2')

  await t.rejects(once(other, 'connect'), { code: 'ECONNREFUSED' })
})

t.test('a taken port is said by its error', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  await t.rejects(startCollector(t, { listen: { address: '127.0.0.1', port, insecure: false } }), {
    code: 'EADDRINUSE',
  })
})

t.test('answers clients that offer HTTP/2 beside in HTTP/1.1', async (t) => {
  const collector = await startCollector(t)
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' }

  t.equal(await statusOf(collector.url, headers), 200)
})

function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return statusOf(url, { host })
}

async function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const request = httpRequest(`${url}/healthz`, { headers, agent: false }).end()
  const [response] = await once(request, 'response')
  response.resume()
  return response.statusCode
}
