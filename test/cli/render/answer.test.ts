import t from 'tap'
import { answersCell } from '../../../src/cli/render/answer.ts'
import type { ProbeAnswer } from '../../../src/model/port.ts'
import { TAKEN_AT } from '../../helpers/builders.ts'

function answer(given: Partial<ProbeAnswer>): ProbeAnswer {
  return {
    vantage: 'host',
    address: '127.0.0.1',
    port: 80,
    protocol: 'tcp',
    outcome: 'open',
    at: TAKEN_AT,
    latencyMs: 1,
    ...given,
  }
}

const tls = { version: 'TLSv1.3', names: [], expiresAt: null }

const CASES: readonly [string, Partial<ProbeAnswer>][] = [
  ['open', {}],
  ['no answer in time', { outcome: 'timeout' }],
  ['silent (open or filtered)', { outcome: 'silent', protocol: 'udp' }],
  ['could not ask (EACCES)', { outcome: 'failed', detail: 'EACCES' }],
  ['open, says nothing (closed without a word)', { identity: { protocol: 'none' }, detail: 'closed without a word' }],
  ['SSH-2.0-x', { identity: { protocol: 'ssh', banner: 'SSH-2.0-x' } }],
  ['\\x1b[2Jhi', { identity: { protocol: 'banner', banner: '\u001b[2Jhi' } }],
  ['binary 00ff', { identity: { protocol: 'binary', banner: '00ff' } }],
  [
    'HTTP 200 nginx “Hi\\u202e”',
    { identity: { protocol: 'http', http: { status: 200, server: 'nginx', title: 'Hi\u202e' } } },
  ],
  ['HTTP 302 to /login', { identity: { protocol: 'http', http: { status: 302, redirect: '/login' } } }],
  [
    'TLSv1.3 CN=a http/1.1 (expired, self-signed) · HTTP 401',
    {
      identity: {
        protocol: 'tls',
        tls: { ...tls, subject: 'CN=a', alpn: 'http/1.1', distrust: 'CERT_HAS_EXPIRED, DEPTH_ZERO_SELF_SIGNED_CERT' },
        http: { status: 401 },
      },
    },
  ],
  ['TLS, handshake refused', { identity: { protocol: 'tls', tls: { ...tls, version: 'unknown' } } }],
]

for (const [words, given] of CASES) {
  t.test(`says ${JSON.stringify(words)}`, async (t) => {
    t.equal(answersCell([answer(given)]).text, words)
  })
}

t.test('says once what was answered everywhere, and where what was not', async (t) => {
  const refused = answer({ outcome: 'refused', address: '192.0.2.10' })

  t.strictSame(answersCell([refused, { ...refused, address: '::1' }]), { text: 'refused', tone: 'doubt' })
  t.equal(answersCell([answer({}), refused]).text, '127.0.0.1: open, 192.0.2.10: refused')
  t.strictSame(answersCell(undefined), { text: 'not asked', tone: 'quiet' })
})
