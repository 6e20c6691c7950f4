import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTlsServer } from 'node:tls'
import t from 'tap'
import { parseAltNames } from '../../src/probe/ask-tls.ts'
import { selfSigned, whyNoCertificates } from '../helpers/certificates.ts'
import { ask } from '../helpers/probing.ts'
import { listening } from '../helpers/servers.ts'

const skip = whyNoCertificates()
const DAY_MS = 86_400_000

t.test('tells of TLS what it is, and of the HTTP inside', { skip }, async (t) => {
  const server = createHttpsServer(await selfSigned(t), (_request, response) => {
    response.writeHead(401, { server: 'inside' }).end()
  })
  const port = await listening(t, server)
  const before = Date.now()

  const { outcome, identity } = await ask({ port })

  t.equal(outcome, 'open')
  t.match(identity, {
    protocol: 'tls',
    tls: {
      version: 'TLSv1.3',
      subject: 'O=Example, CN=node.example',
      names: ['node.example', '192.0.2.1'],
      alpn: 'http/1.1',
      distrust: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    },
    http: { status: 401, server: 'inside' },
  })
  const days = ((identity?.tls?.expiresAt ?? 0) - before) / DAY_MS
  t.ok(days > 29 && days < 31, `expires in ${days} days`)
})

t.test('says of an expired certificate that it has expired', { skip }, async (t) => {
  const expired = await selfSigned(t, -1)
  const port = await listening(t, createHttpsServer(expired))

  const { identity } = await ask({ port })

  t.match(identity?.tls, { distrust: /CERT_HAS_EXPIRED/ })
  t.ok((identity?.tls?.expiresAt ?? Number.POSITIVE_INFINITY) < Date.now())
})

t.test('knows a server that speaks HTTP/2 only, or both', { skip }, async (t) => {
  const pair = await selfSigned(t)
  const only = createTlsServer({ ...pair, ALPNProtocols: ['h2'] }, (socket) => socket.resume())
  const both = createHttpsServer({ ...pair, ALPNProtocols: ['h2', 'http/1.1'] }, (_request, response) => response.end())

  const onlyH2 = (await ask({ port: await listening(t, only) })).identity
  t.match(onlyH2, { protocol: 'tls', tls: { alpn: 'h2', subject: 'O=Example, CN=node.example' } })
  t.notOk(onlyH2 !== undefined && 'http' in onlyH2)
  t.match((await ask({ port: await listening(t, both) })).identity, {
    protocol: 'tls',
    tls: { alpn: 'h2' },
    http: { status: 200 },
  })
})

t.test('tells of old versions, and of protocols that are not HTTP', { skip }, async (t) => {
  const pair = await selfSigned(t)
  const old = { ...pair, maxVersion: 'TLSv1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  const server = createTlsServer(old, (socket) => socket.end('* OK IMAP ready\r\n'))

  const { identity } = await ask({ port: await listening(t, server) })

  t.match(identity, { protocol: 'tls', tls: { version: 'TLSv1' } })
  t.notOk(identity !== undefined && 'http' in identity)
})

t.test('knows a server that wants a certificate of its client, and one that refuses', { skip }, async (t) => {
  const pair = await selfSigned(t)
  const mutual = createTlsServer({ ...pair, requestCert: true, rejectUnauthorized: true })
  const refusing = createTlsServer({ SNICallback: (_name, done) => done(new Error('unknown')) })

  t.match((await ask({ port: await listening(t, mutual) })).identity, {
    protocol: 'tls',
    tls: { subject: 'O=Example, CN=node.example' },
  })
  t.strictSame((await ask({ port: await listening(t, refusing) })).identity, {
    protocol: 'tls',
    tls: { version: 'unknown', names: [], expiresAt: null },
  })
})

t.test('reads names also where they hold commas and quotes, and not more than it keeps', async (t) => {
  t.strictSame(parseAltNames('DNS:a.example, IP Address:0:0:0:0:0:0:0:1, DNS:"b, \\"c\\""'), [
    'a.example',
    '0:0:0:0:0:0:0:1',
    '"b, \\"c\\""',
  ])
  t.strictSame(parseAltNames(''), [])
  t.equal(parseAltNames(Array.from({ length: 5000 }, (_, index) => `DNS:n${index}`).join(', ')).length, 16)
})
