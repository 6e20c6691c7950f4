import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { askTokenReview } from '../../../src/collector/kubernetes/api-server.ts'
import { type Answer, AUDIENCE, FORBIDDEN, failure, OWN_TOKEN, send, startApiServer } from '../../helpers/api-server.ts'
import { makeAuthority } from '../../helpers/authority.ts'
import { whyNoCertificates } from '../../helpers/certificates.ts'

const skip = whyNoCertificates()

async function startAsking(t: Test) {
  const server = await startApiServer(t)
  const tokenFile = join(t.testdir({ token: `${OWN_TOKEN}\n` }), 'token')
  const ask = (token = server.issue(), signal = AbortSignal.timeout(20_000)) =>
    askTokenReview({ url: server.url, caFile: null, tokenFile }, { token, audience: AUDIENCE }, signal)
  return { ...server, tokenFile, ask }
}

t.test('asks over TLS that its own authority vouches for, and nobody else', { skip }, async (t) => {
  const folder = t.testdir({ token: OWN_TOKEN })
  const [authority, other] = [await makeAuthority(folder), await makeAuthority(folder, 'other')]
  const server = await startApiServer(t, await authority.issue({ name: 'apiserver', altNames: 'IP:127.0.0.1' }))
  const token = server.issue()
  const askBy = (caFile: string | null) => {
    const place = { url: server.url, caFile, tokenFile: join(folder, 'token') }
    return askTokenReview(place, { token, audience: AUDIENCE }, AbortSignal.timeout(20_000))
  }

  t.match(await askBy(authority.ca), { kind: 'TokenReview', status: { authenticated: true } })
  await t.rejects(askBy(other.ca), { code: /CERT|SIGNATURE/ })
  await t.rejects(askBy(null), { code: /CERT|SIGNATURE/ })
  t.equal(server.asked.count, 1)
})

t.test('shows its own token as the file has it now', async (t) => {
  const { ask, own, tokenFile } = await startAsking(t)
  t.match(await ask(), { status: { authenticated: true } })
  own.token = 'a-rotated-token'

  await t.rejects(ask(), { message: 'the API server answered 401: Unauthorized' })
  await writeFile(tokenFile, own.token)
  t.match(await ask(), { status: { authenticated: true } })
})

t.test('says what the API server says when it may not ask, or the server fails', async (t) => {
  const { ask, answerBy } = await startAsking(t)
  const answers: [Answer, string | RegExp][] = [
    [
      (_, response) => send(response, 403, FORBIDDEN),
      /^the API server answered 403: tokenreviews.* is forbidden: User/,
    ],
    [(_, response) => send(response, 500, failure(500, 'etcdserver: request timed out')), /answered 500: etcdserver/],
    [
      (_, response) => response.writeHead(503).end('no healthy upstream'),
      'the API server answered 503: without a word',
    ],
    [(_, response) => response.writeHead(302, { location: '/elsewhere' }).end(), /answered 302: without a word/],
    [(_, response) => response.writeHead(201).end('<html>'), 'the API server answered with no JSON'],
    [(_, response) => response.writeHead(201).end(), 'the API server answered with no JSON'],
    [(_, response) => response.writeHead(201).end('"'.repeat(300_000)), /answered more than 262144 bytes/],
    [(_, response) => response.destroy(), /socket hang up/],
    [(_, response) => response.writeHead(201, { 'content-length': 9 }).write('{', () => response.destroy()), /aborted/],
  ]
  for (const [answer, message] of answers) {
    answerBy(answer)
    await t.rejects(ask(), { message }, `${message}`)
  }
})

t.test('waits no longer than it may, for the answer or its end', async (t) => {
  const { ask, answerBy } = await startAsking(t)
  const silences: Answer[] = [() => {}, (_, response) => response.writeHead(201).write('{')]
  for (const silence of silences) {
    const stop = new AbortController()
    answerBy((request, response) => {
      silence(request, response)
      setImmediate(() => stop.abort())
    })

    await t.rejects(ask('a-token', stop.signal), { name: /AbortError|Error/ })
  }
})

t.test('does not ask without a token of its own, nor where nobody listens', async (t) => {
  const { tokenFile, url } = await startAsking(t)
  const question = { token: 'a-token', audience: AUDIENCE }
  const askAt = (place: { readonly url: URL; readonly tokenFile: string }) =>
    askTokenReview({ caFile: null, ...place }, question, AbortSignal.timeout(20_000))

  await t.rejects(askAt({ url, tokenFile: `${tokenFile}.gone` }), { code: 'ENOENT' })
  await t.rejects(askAt({ url: new URL('http://127.0.0.1:1'), tokenFile }), { code: 'ECONNREFUSED' })
})
