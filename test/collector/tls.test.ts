import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { type Test, t } from 'tap'
import { namesIn } from '../../src/collector/auth/certificate.ts'
import { makeAuthority, type TestAuthority } from '../helpers/authority.ts'
import { whyNoCertificates } from '../helpers/certificates.ts'
import {
  audited,
  certified,
  refused,
  speak,
  startTrusting,
  type TrustingCollector,
  welcomed,
} from '../helpers/trust.ts'
import { until } from '../helpers/until.ts'

const LOOPBACK = { name: 'collector', altNames: 'IP:127.0.0.1' }

const skip = whyNoCertificates()

interface Encrypted extends TrustingCollector {
  readonly authority: TestAuthority
  readonly folder: string
}

/** A collector with TLS that also takes agents by their certificates. */
async function startEncrypted(t: Test): Promise<Encrypted> {
  const folder = t.testdir({})
  const authority = await makeAuthority(folder)
  const files = await authority.issue(LOOPBACK)
  const listen = { address: '127.0.0.1', port: 0, insecure: false, tls: { ...files, clientCa: authority.ca } }
  return { ...(await startTrusting(t, { listen })), authority, folder }
}

t.test('speaks TLS with agents that trust its authority, by secret or by certificate', { skip }, async (t) => {
  const { authority, ...collector } = await startEncrypted(t)
  t.equal(collector.url.protocol, 'wss:')
  await welcomed(speak(t, collector, { shows: certified(authority.ca, null) }))

  const named = await authority.issue({ name: 'node-2', altNames: 'DNS:node-2' })
  const shows = { ...certified(authority.ca, named), enrolmentToken: null }
  await welcomed(speak(t, collector, { agentId: 'node-2', shows }))
  const common = await authority.issue({ name: 'node-3' })
  await welcomed(speak(t, collector, { agentId: 'node-3', shows: certified(authority.ca, common) }))
})

t.test('is refused by an agent that does not trust its authority, which sends it nothing', { skip }, async (t) => {
  const { folder, ...collector } = await startEncrypted(t)
  const stranger = await makeAuthority(folder, 'stranger')
  const client = speak(t, collector, { shows: certified(stranger.ca, null) })

  await until(() => client.log.lines.find(([message]) => message === 'connection to the collector failed'))
  t.match(client.log.lines, [[String, { err: { code: /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE/ } }]])
  t.strictSame((await collector.store.listNodes({ limit: 10 })).items, [])
})

t.test(
  'refuses certificates that are expired or of another authority, even with a right token',
  { skip },
  async (t) => {
    const { authority, folder, ...collector } = await startEncrypted(t)
    const expired = await authority.issue({ name: 'node-1', altNames: 'DNS:node-1', days: -1 })
    const client = speak(t, collector, { shows: certified(authority.ca, expired) })
    t.match(await refused(collector, client, 'certificate-expired'), { detail: 'CERT_HAS_EXPIRED, for node-1' })

    const stranger = await makeAuthority(folder, 'stranger')
    const forged = await stranger.issue({ name: 'node-1', altNames: 'DNS:node-1' })
    await refused(collector, speak(t, collector, { shows: certified(authority.ca, forged) }), 'certificate-untrusted')
    t.strictSame((await collector.store.listNodes({ limit: 10 })).items, [])
  },
)

t.test('refuses a certificate of another node, and a secret for a node that has shown one', { skip }, async (t) => {
  const { authority, ...collector } = await startEncrypted(t)
  const own = certified(authority.ca, await authority.issue({ name: 'node-1', altNames: 'DNS:node-1' }))
  const others = certified(authority.ca, await authority.issue({ name: 'node-2', altNames: 'DNS:node-2' }))
  const agent = speak(t, collector, { shows: own })
  await welcomed(agent)

  await refused(collector, speak(t, collector, { shows: others }), 'wrong-identity')
  await refused(collector, speak(t, collector, { shows: certified(authority.ca, null) }), 'wrong-secret')
  t.match(await collector.store.readNode('node-1'), { status: 'online' })
  t.equal(await collector.store.readNode('node-2'), null)
})

t.test(
  'takes a new certificate into use at the next connection, and goes on with the old while it is torn',
  async (t) => {
    const { authority, folder, ...collector } = await startEncrypted(t)
    const agent = speak(t, collector, { shows: certified(authority.ca, null) })
    await welcomed(agent)
    t.equal(await serialOf(collector), await serialOf(collector))
    const before = await serialOf(collector)
    const next = await authority.issue({ ...LOOPBACK, name: 'next' })

    renameSync(next.cert, join(folder, 'collector.pem'))
    t.equal(await serialOf(collector), before, 'the key is still that of the old one')
    await until(() => (collector.logText().includes('could not take a new certificate') ? true : undefined))
    renameSync(next.key, join(folder, 'collector.key'))
    t.not(await serialOf(collector), before)
    await welcomed(speak(t, collector, { agentId: 'node-2', shows: certified(authority.ca, null) }))
  },
)

t.test('has agents show a new certificate and token at their next connection', { skip }, async (t) => {
  const { authority, folder, ...collector } = await startEncrypted(t)
  const expired = await authority.issue({ name: 'node-1', days: -1 })
  let identity = certified(authority.ca, expired)
  const readCredentials = async () => ({
    secret: 's'.repeat(43),
    keepsSecret: false,
    enrolmentToken: null,
    ...identity,
  })
  const renewed = Promise.withResolvers<void>()
  const client = speak(t, collector, { readCredentials, sleep: () => renewed.promise })
  await refused(collector, client, 'certificate-expired')

  identity = certified(authority.ca, await authority.issue({ name: 'node-1' }))
  renewed.resolve()
  await welcomed(client)
})

t.test('takes neither an old TLS nor none, and says so', { skip }, async (t) => {
  const { authority, ...collector } = await startEncrypted(t)
  const { port, host } = collector.url
  const old = connectTls({
    host: '127.0.0.1',
    port: Number(port),
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  const failure = new Promise((resolve) => old.once('error', resolve))
  t.match(await failure, { code: /ALERT_PROTOCOL_VERSION/ })
  t.match(await audited(collector, 'tls-handshake'), { address: '127.0.0.1', detail: 'ERR_SSL_UNSUPPORTED_PROTOCOL' })

  const client = speak(t, { url: new URL(`ws://${host}${collector.url.pathname}`) })
  await until(() => client.log.lines.find(([message]) => message === 'connection to the collector failed'))
  await until(async () => {
    const { items } = await collector.store.listAudit({ limit: 10 })
    return items.find(({ detail, count }) => detail === 'ERR_SSL_HTTP_REQUEST' && count > 1)
  })
  t.strictSame((await collector.store.listNodes({ limit: 10 })).items, [])
})

t.test('finds no TLS where there is none, and is not talked down', async (t) => {
  const collector = await startTrusting(t)
  const client = speak(t, { url: new URL(collector.url.href.replace('ws:', 'wss:')) })

  await until(() => client.log.lines.find(([message]) => message === 'connection to the collector failed'))
  t.strictSame((await collector.store.listNodes({ limit: 10 })).items, [])
})

t.test('reads the names in a certificate: alternative ones, or else the common one', async (t) => {
  t.strictSame(namesIn('a', undefined), ['a'])
  t.strictSame(namesIn(['a', 'b'], undefined), [])
  t.strictSame(namesIn('a', 'DNS:b, IP Address:192.0.2.1, DNS:c'), ['b', 'c'])
  t.strictSame(namesIn('a', 'URI:nsentinel://a'), [])
  t.strictSame(namesIn('a', 'DNS:"b\\u002c DNS:c", DNS:'), [])
})

/** The serial number of the certificate that a collector shows now. */
async function serialOf({ url }: TrustingCollector): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port: Number(url.port), rejectUnauthorized: false })
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}
