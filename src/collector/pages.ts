import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import type { Incident } from '../transport/admission.ts'
import type { Asset } from './assets.ts'
import type { Audit } from './audit.ts'
import type { Authority, Identity, Login } from './auth/authority.ts'
import { cookieNameOf, endedCookie, identify, parseCredentials, sessionCookie } from './auth/credentials.ts'
import type { Failures } from './auth/failures.ts'
import { loginPage, notBuiltPage } from './plain-pages.ts'
import { Problem } from './problem.ts'

export interface PagesDeps {
  readonly authority: Authority
  readonly failures: Failures
  readonly audit: Pick<Audit, 'note'>
  /** Empty when the dashboard was not built. */
  readonly assets: ReadonlyMap<string, Asset>
}

const FORM = 'application/x-www-form-urlencoded'
const OPEN = { config: { open: true } }
const querystring = z.object({ token: z.string().optional() })
const params = z.object({ name: z.string() })

/** Serves the dashboard, and logs in whoever comes with a one-time token. */
export function servePages(app: FastifyInstance, deps: PagesDeps): void {
  // A HEAD request, which link previews send, must not use up a login token.
  const schema = { hide: true, querystring }
  app
    .withTypeProvider<ZodTypeProvider>()
    .get('/', { ...OPEN, schema, exposeHeadRoute: false }, async (request, reply) => {
      const { token } = request.query
      const credentials = parseCredentials(request.headers, cookieNameOf(request.socket.localPort))
      const identity = await identify(deps.authority, credentials)
      if (token !== undefined) return identity === null ? logIn(deps, token, request, reply) : reply.redirect('/', 303)
      return identity === null ? sendHtml(reply, 401, loginPage(null)) : sendDashboard(deps, request, reply)
    })
  // Whoever mistyped a token is at this address, and reads it again.
  app.get('/login', { ...OPEN, schema: { hide: true } }, (_request, reply) => reply.redirect('/', 303))
  const body = z.object({ token: z.string() })
  app.addContentTypeParser(FORM, { parseAs: 'string' }, async (_request: FastifyRequest, text: string | Buffer) =>
    Object.fromEntries(new URLSearchParams(text.toString())),
  )
  app
    .withTypeProvider<ZodTypeProvider>()
    .post('/login', { ...OPEN, schema: { hide: true, body } }, async (request, reply) => {
      const login = await deps.authority.loginByToken(request.body.token.trim())
      return answerLogin(deps, login, 'This is no token of the store, or it has ended.', request, reply)
    })
  app.post('/logout', { ...OPEN, schema: { hide: true } }, (request, reply) => logOut(deps, request, reply))
  // Styles and scripts hold no secret, and the page that tells how to log in uses the style.
  const assetOptions = { ...OPEN, schema: { hide: true, params } }
  app.withTypeProvider<ZodTypeProvider>().get('/assets/:name', assetOptions, async (request, reply) => {
    const asset = deps.assets.get(request.params.name)
    if (asset === undefined) throw new Problem(404, 'not-found', 'There is nothing at this address')
    return sendAsset(asset, request, reply)
  })
}

async function logIn(
  deps: PagesDeps,
  loginToken: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const login = await deps.authority.login(loginToken)
  return answerLogin(deps, login, 'The token in this address is wrong or was used.', request, reply)
}

/** Whoever asks shows the cookie itself, from a page of ours: nobody else can end a session. */
async function logOut(
  { authority, audit }: PagesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const cookieName = cookieNameOf(request.socket.localPort)
  const { session } = parseCredentials(request.headers, cookieName)
  const identity = session === null ? null : await authority.logout(session)
  if (identity !== null) audit.note({ ...nobody(request), action: 'logged-out', detail: nameOf(identity) })
  return reply.header('set-cookie', endedCookie(cookieName, request.protocol === 'https')).redirect('/', 303)
}

function answerLogin(
  { failures, audit }: PagesDeps,
  login: Login | null,
  refusal: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (login !== null) {
    audit.note({ ...nobody(request), action: 'logged-in', detail: nameOf(login.identity) })
    const isEncrypted = request.protocol === 'https'
    const cookie = sessionCookie(cookieNameOf(request.socket.localPort), login.secret, isEncrypted)
    return reply.header('set-cookie', cookie).redirect('/', 303)
  }
  const retryAfter = failures.count('person', request.ip)
  if (retryAfter === null) return sendHtml(reply, 401, loginPage(refusal))
  const problem = `Too many wrong tokens came from this address: wait ${retryAfter} seconds.`
  return sendHtml(reply.header('retry-after', retryAfter), 429, loginPage(problem))
}

function nameOf({ name, role }: Identity): string {
  return name === null ? 'by the login address' : `token ${name} of role ${role}`
}

/** An incident that no agent has to do with. */
function nobody({ ip: address }: FastifyRequest): Omit<Incident, 'action' | 'detail'> {
  return { reason: null, address, agentId: null, node: null }
}

function sendDashboard({ assets }: PagesDeps, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const page = assets.get('index.html')
  return page === undefined ? sendHtml(reply, 503, notBuiltPage) : sendAsset(page, request, reply)
}

function sendAsset({ body, type, etag }: Asset, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers({ 'cache-control': 'no-cache', etag })
  if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  return reply.type(type).send(body)
}

function sendHtml(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').send(html)
}
