import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { shown } from '../../src/cli/render/text.ts'
import { ask } from '../helpers/probing.ts'
import { listening, serveTcp } from '../helpers/servers.ts'

/** Short enough to wait for, long enough for a loaded machine to answer within. */
const SHORT = { greetingMs: 100, answerMs: 400, targetMs: 1200 }
/** What may pass beyond the bound until a timer of a loaded machine fires. */
const LATE_MS = 1500

/** Writes for as long as the peer takes it. */
function pour(socket: Socket, chunk: Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('drain', more)
  more()
}

/** Writes a piece every few milliseconds, for ever. */
function drip(t: Test, socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), 10)
  socket.on('close', () => clearInterval(timer))
  t.teardown(() => clearInterval(timer))
}

async function askWithin(t: Test, port: number) {
  const since = performance.now()
  const answer = await ask({ port }, SHORT)
  const tookMs = performance.now() - since
  t.ok(tookMs < SHORT.targetMs + LATE_MS, `took ${Math.round(tookMs)} ms`)
  return answer
}

t.test('cuts a banner that drips without end', async (t) => {
  const port = await serveTcp(t, (socket) => drip(t, socket, 'x'))

  const { outcome, identity } = await askWithin(t, port)

  t.equal(outcome, 'open')
  t.match(identity, { protocol: 'banner', banner: /^x+$/ })
})

t.test('cuts an answer whose headers drip without end, and still knows HTTP', async (t) => {
  const port = await serveTcp(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\n')
      drip(t, socket, 'x: y\r\n')
    })
  })

  const { outcome, identity } = await askWithin(t, port)

  t.strictSame([outcome, identity], ['open', { protocol: 'http', http: { status: 200 } }])
})

t.test('cuts a body that drips without end', async (t) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    const timer = setInterval(() => response.write('<p>'), 10)
    response.on('close', () => clearInterval(timer))
  })

  const { identity } = await askWithin(t, await listening(t, server))

  t.strictSame(identity, { protocol: 'http', http: { status: 200 } })
})

t.test('gives up on who never answers', async (t) => {
  const port = await serveTcp(t, (socket) => socket.resume())

  t.match(await askWithin(t, port), { outcome: 'open', identity: { protocol: 'none' } })
})

t.test('reads no more than it may of who never stops', async (t) => {
  const sent: Socket[] = []
  const text = Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<p>'.padEnd(100_000, 'spam '))
  const pouring = {
    'without a question': (socket: Socket) => pour(socket, Buffer.alloc(100_000, 7)),
    'after a question': (socket: Socket) => {
      sent.push(socket)
      socket.once('data', () => pour(socket, text))
    },
  }

  const unasked = await askWithin(t, await serveTcp(t, pouring['without a question']))
  t.strictSame(unasked.identity, { protocol: 'binary', banner: '07'.repeat(32) })
  const asked = await askWithin(t, await serveTcp(t, pouring['after a question']))
  t.strictSame(asked.identity, { protocol: 'http', http: { status: 200 } })
  // What the kernel's buffers took beside: the peer was not read for as long as it wrote.
  t.ok((sent[0]?.bytesWritten ?? 0) < 20_000_000)
})

t.test('refuses headers that are too long, and still knows HTTP', async (t) => {
  const port = await serveTcp(t, (socket) => {
    socket.once('data', () => socket.end(`HTTP/1.1 503 No\r\nx: ${'y'.repeat(1_000_000)}\r\n\r\n`))
  })

  const { identity } = await askWithin(t, port)

  t.strictSame(identity, { protocol: 'http', http: { status: 503 } })
})

t.test('says reset of who resets, before a word and after one', async (t) => {
  const atOnce = await serveTcp(t, (socket) => socket.resetAndDestroy())
  const afterwards = await serveTcp(t, (socket) => socket.once('data', () => socket.resetAndDestroy()))

  t.match(await askWithin(t, atOnce), { outcome: 'reset' })
  const answer = await askWithin(t, afterwards)
  t.match(answer, { outcome: 'reset' })
  t.notOk('identity' in answer)
})

t.test('does not decompress', async (t) => {
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end(bomb)
  })
  const port = await listening(t, server)
  const before = process.memoryUsage().rss

  const { identity } = await askWithin(t, port)

  t.strictSame(identity, { protocol: 'http', http: { status: 200 } })
  t.ok(process.memoryUsage().rss - before < 30_000_000)
})

t.test('keeps a binary banner as digits', async (t) => {
  const greeting = Buffer.from([0x4a, 0, 0, 0, 0x0a, ...Buffer.from('8.0.36'), 0, 0xff, 0xfe])
  const port = await serveTcp(t, (socket) => socket.write(greeting))

  const { identity } = await askWithin(t, port)

  t.strictSame(identity, { protocol: 'binary', banner: greeting.toString('hex') })
})

t.test('cuts long texts, and keeps escapes for the display to show', async (t) => {
  const evil = '\u001b[2J\u202eexe.'
  const banner = await serveTcp(t, (socket) => socket.write(`${evil}${'a'.repeat(900)}\r\n`))
  const server = createServer((_request, response) => {
    const headers = { 'content-type': 'text/html', server: 's'.repeat(3000), location: 'l'.repeat(3000) }
    response.writeHead(301, headers).end(`<title>${evil}${'<'.repeat(5000)}`)
  })

  const { identity } = await askWithin(t, banner)
  t.equal(identity?.banner?.length, 200)
  t.match(shown(identity?.banner), /^\\x1b\[2J\\u202eexe\.a+…$/)
  const http = (await askWithin(t, await listening(t, server))).identity?.http
  t.strictSame(
    [http?.server?.length, http?.redirect?.length, http?.title],
    [200, 200, evil.replace('\u202e', '\u202e')],
  )
})

t.test('takes bytes that only look like TLS for what they are', async (t) => {
  const port = await serveTcp(t, (socket) => {
    socket.once('data', () => socket.end(Buffer.from('16030300ff00112233445566778899', 'hex')))
  })

  t.match(await askWithin(t, port), { outcome: 'open', identity: { protocol: /^(?:tls|binary)$/ } })
})

t.test('gives up on a handshake that drips', async (t) => {
  const port = await serveTcp(t, (socket) => {
    socket.once('data', (chunk) => {
      // An alert to who speaks no TLS; the header of a long record, and no end of it, to who does.
      if (chunk.toString('latin1').startsWith('GET')) {
        socket.end(Buffer.from('15030100020246', 'hex'))
      } else {
        socket.write(Buffer.from('1603030400', 'hex'))
        drip(t, socket, '\u0002')
      }
    })
  })

  t.match(await askWithin(t, port), { outcome: 'open', identity: { protocol: 'tls', tls: { version: 'unknown' } } })
})
