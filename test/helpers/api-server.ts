import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Test } from 'tap'
import * as z from 'zod'
import type { Certificate } from './authority.ts'

export const OWN_TOKEN = 'the-token-of-the-collector'
export const AUDIENCE = 'nsentinel-collector'
export const ACCOUNT = 'system:serviceaccount:nsentinel:nsentinel-agent'

const HOUR_S = 3600
const PATH = '/apis/authentication.k8s.io/v1/tokenreviews'

const question = z.object({
  apiVersion: z.literal('authentication.k8s.io/v1'),
  kind: z.literal('TokenReview'),
  spec: z.object({ token: z.string(), audiences: z.array(z.string()) }),
})

/** What a cluster makes a token of. */
export interface Issued {
  /** Of the pod; null as before Kubernetes 1.30. */
  readonly node?: string | null
  readonly audience?: string
  readonly username?: string
  /** Below zero it has expired. */
  readonly expiresInS?: number
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** An API server that knows TokenReview, and answers to it with what kube-apiserver puts into each field. */
export interface FakeApiServer {
  readonly url: URL
  /** How often it was asked about a token. */
  readonly asked: { count: number }
  /** What it takes for the asking one's own token. */
  readonly own: { token: string }
  /** Makes a token that it will know. */
  issue(issued?: Issued): string
  /** Forgets a token, as when its pod is gone. */
  forget(token: string): void
  /** Answers by this from now on; by itself again with null. */
  answerBy(answer: Answer | null): void
}

/** Starts one on a free port, of loopback unless told otherwise, with TLS where it has a certificate; it ends with the test. */
export async function startApiServer(
  t: Test,
  certificate: Certificate | null = null,
  address = '127.0.0.1',
): Promise<FakeApiServer> {
  const issued = new Map<string, Required<Issued>>()
  const asked = { count: 0 }
  const own = { token: OWN_TOKEN }
  let other: Answer | null = null
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    asked.count += 1
    if (other !== null) return other(request, response)
    const chunks = await request.toArray()
    if (request.headers.authorization !== `Bearer ${own.token}`)
      return send(response, 401, failure(401, 'Unauthorized'))
    if (request.method !== 'POST' || request.url !== PATH) return send(response, 404, failure(404, 'not found'))
    const { spec, ...kind } = question.parse(JSON.parse(Buffer.concat(chunks).toString()))
    const status = review(issued.get(spec.token), spec.audiences)
    send(response, 201, { ...kind, metadata: { creationTimestamp: null }, spec, status })
  }
  const server = certificate === null ? createServer(answer) : createTlsServer(filesOf(certificate), answer)
  const port = await listen(t, server, address)
  return {
    url: new URL(`${certificate === null ? 'http' : 'https'}://${address}:${port}`),
    asked,
    own,
    issue: (given = {}) => {
      const full = { node: 'node-1', audience: AUDIENCE, username: ACCOUNT, expiresInS: HOUR_S, ...given }
      const token = tokenOf(full)
      issued.set(token, full)
      return token
    },
    forget: (token) => void issued.delete(token),
    answerBy: (answer) => {
      other = answer
    },
  }
}

/** What kube-apiserver answers to who may not ask. */
export const FORBIDDEN = failure(
  403,
  'tokenreviews.authentication.k8s.io is forbidden: User "system:serviceaccount:nsentinel:nsentinel-collector" cannot create resource "tokenreviews" in API group "authentication.k8s.io" at the cluster scope',
)

export function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

export function failure(code: number, message: string) {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: message, code }
}

/** A token of this shape that nobody signed, whatever it says. */
export function tokenOf({ node, audience, username, expiresInS }: Required<Issued>): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const bound = node === null ? {} : { node: { name: node, uid: 'fa1e2d3c' } }
  const pod = { name: 'nsentinel-agent-x7k2p', uid: '9b1d0c5e' }
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    aud: [audience],
    exp: now + expiresInS,
    iat: now,
    iss: 'https://kubernetes.default.svc.cluster.local',
    'kubernetes.io': {
      namespace: 'nsentinel',
      ...bound,
      pod,
      serviceaccount: { name: 'nsentinel-agent', uid: '4c2b' },
    },
    sub: username,
  }
  return `${encode({ alg: 'RS256', kid: 'k' })}.${encode(claims)}.${randomBytes(256).toString('base64url')}`
}

/** Left out are fields that are empty, as Go leaves them out. */
function review(issued: Required<Issued> | undefined, audiences: readonly string[]): object {
  if (issued === undefined) return { user: {}, error: 'invalid bearer token' }
  const { node, audience, username, expiresInS } = issued
  if (expiresInS <= 0) return { user: {}, error: '[invalid bearer token, service account token has expired]' }
  if (!audiences.includes(audience)) {
    const problem = `token audiences ["${audience}"] is invalid for the target audiences ["${audiences.join('" "')}"]`
    return { user: {}, error: `[invalid bearer token, ${problem}]` }
  }
  const bound =
    node === null
      ? {}
      : { 'authentication.kubernetes.io/node-name': [node], 'authentication.kubernetes.io/node-uid': ['fa1e2d3c'] }
  const extra = { 'authentication.kubernetes.io/pod-name': ['nsentinel-agent-x7k2p'], ...bound }
  const groups = ['system:serviceaccounts', 'system:serviceaccounts:nsentinel', 'system:authenticated']
  return { authenticated: true, user: { username, uid: '4c2b', groups, extra }, audiences: [audience] }
}

function filesOf({ cert, key }: Certificate): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(cert), key: readFileSync(key) }
}

async function listen(t: Test, server: Server, host: string): Promise<number> {
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  return address.port
}
