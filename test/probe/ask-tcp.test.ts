import { createServer } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { start } from '../helpers/namespaces.ts'
import { ask } from '../helpers/probing.ts'
import { freePort, listening, serveTcp } from '../helpers/servers.ts'

/** Listens with the shortest queue, and never takes from it. */
const STUCK = `
  const server = require('node:net').createServer()
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    require('node:fs').writeSync(1, server.address().port + '\\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

t.test('says that a port is open, and in mode connect says nothing to it', async (t) => {
  const heard: Buffer[] = []
  const port = await serveTcp(t, (socket) => socket.on('data', (chunk) => heard.push(chunk)))

  const answer = await ask({ port }, {}, 'connect')

  t.match(answer, { vantage: 'host', address: '127.0.0.1', port, protocol: 'tcp', outcome: 'open' })
  t.notOk('identity' in answer)
  t.strictSame(heard, [])
})

t.test('says that nobody is there', async (t) => {
  t.match(await ask({ port: await freePort(t) }), { outcome: 'refused' })
})

t.test('says that a port whose queue is full does not answer in time', async (t) => {
  const { line } = await start(t, process.execPath, '--eval', STUCK)
  const port = Number(line)
  const waiting = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  t.teardown(() => {
    for (const socket of waiting) socket.destroy()
  })
  await new Promise((resolve) => waiting[0]?.once('connect', resolve))

  t.match(await ask({ port }, { connectMs: 200 }, 'connect'), { outcome: 'timeout' })
})

t.test('asks by IPv6', async (t) => {
  const port = await serveTcp(t, (socket) => socket.end('220 mail\r\n'), '::1')

  t.match(await ask({ address: '::1', port }), { address: '::1', outcome: 'open', identity: { banner: '220 mail' } })
})

t.test('hears a greeting without a word of its own', async (t) => {
  const heard: Buffer[] = []
  const greetings = { 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n': 'ssh', '220 mail.example ESMTP\r\n': 'banner' }

  for (const [greeting, protocol] of Object.entries(greetings)) {
    const port = await serveTcp(t, (socket) => {
      socket.on('data', (chunk) => heard.push(chunk))
      socket.write(greeting)
    })
    const { outcome, identity } = await ask({ port })
    t.strictSame([outcome, identity], ['open', { protocol, banner: greeting.trim() }])
  }
  t.strictSame(heard, [])
})

t.test('knows HTTP by its answer', async (t) => {
  const page = '<!doctype html><html><head><title>\n Tom &amp; Jerry </title></head></html>'
  const server = createServer((request, response) => {
    t.match(request, { method: 'GET', url: '/', headers: { 'user-agent': 'nsentinel-probe', connection: 'close' } })
    response.writeHead(200, { server: 'hand-made/1.0', 'content-type': 'text/html; charset=utf-8' }).end(page)
  })
  const port = await listening(t, server)

  const { outcome, identity } = await ask({ port })

  t.equal(outcome, 'open')
  t.strictSame(identity, {
    protocol: 'http',
    http: { status: 200, server: 'hand-made/1.0', title: 'Tom & Jerry' },
  })
})

t.test('tells of a redirect and does not follow it', async (t) => {
  let requests = 0
  const server = createServer((_request, response) => {
    requests += 1
    response.writeHead(302, { location: '/login' }).end()
  })

  const { identity } = await ask({ port: await listening(t, server) })

  t.strictSame(identity, { protocol: 'http', http: { status: 302, redirect: '/login' } })
  t.equal(requests, 1)
})

t.test('takes a text that answers HTTP in other words for a banner', async (t) => {
  const port = await serveTcp(t, (socket) => {
    socket.once('data', () => socket.end("-ERR unknown command 'GET'\r\n"))
  })

  const { outcome, identity } = await ask({ port })

  t.equal(outcome, 'open')
  t.strictSame(identity, { protocol: 'banner', banner: "-ERR unknown command 'GET'" })
})

t.test('says of a peer that hangs up at once that it did', async (t) => {
  const port = await serveTcp(t, (socket) => socket.end())

  t.match(await ask({ port }), {
    outcome: 'open',
    identity: { protocol: 'none' },
    detail: 'closed without a word',
  })
})

t.test('takes at most three connections, also of whoever says nothing', async (t) => {
  let connections = 0
  const port = await serveTcp(t, () => {
    connections += 1
  })

  const { outcome, identity } = await ask({ port }, { greetingMs: 20, answerMs: 50 })

  t.strictSame([outcome, identity], ['open', { protocol: 'none' }])
  t.equal(connections, 2)
})
