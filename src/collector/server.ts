import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import type { Registry } from 'prom-client'
import type { ReadStore } from '../store/store.ts'
import type { Hub } from '../transport/hub.ts'
import { serveAudit } from './api/audit.ts'
import { serveCommands } from './api/commands.ts'
import { serveContainers } from './api/containers.ts'
import { serveEvents } from './api/events.ts'
import { serveFindings } from './api/findings.ts'
import { serveNodes } from './api/nodes.ts'
import { publishOpenApi } from './api/openapi.ts'
import { servePorts } from './api/ports.ts'
import { serveQuarantine } from './api/quarantine.ts'
import { readAssets } from './assets.ts'
import type { Audit } from './audit.ts'
import type { Authority } from './auth/authority.ts'
import { Failures } from './auth/failures.ts'
import { guard } from './auth/gate.ts'
import type { CommandDesk } from './commands/desk.ts'
import { sendSecurityHeaders } from './headers.ts'
import { serveHealth, storeAnswers } from './health.ts'
import { createServer } from './http-server.ts'
import { assertMayListen, isLoopback, type ListenOptions } from './listen.ts'
import type { LiveClients } from './live.ts'
import { serveMetrics } from './metrics.ts'
import { servePages } from './pages.ts'
import { refuseAddress, sendProblems } from './problem.ts'
import { createUpgrade } from './upgrade.ts'

export interface CollectorDeps {
  readonly store: ReadStore
  readonly authority: Authority
  /** Takes the agents' connections; closed with the collector. */
  readonly agents: Hub
  readonly live: LiveClients
  /** Takes what operators ask of nodes. */
  readonly commands: CommandDesk
  /** Keeps who was refused; closed with the collector. */
  readonly audit: Audit
  readonly registry: Registry
  /** The folder of the built dashboard; null when it was not built. */
  readonly dashboard: string | null
  readonly listen: ListenOptions
  readonly version: string
  readonly now: () => number
  readonly log: FastifyBaseLogger
}

/** A collector that listens. */
export interface Collector {
  /** Where it answers, such as `http://127.0.0.1:7433`. */
  readonly url: string
  /** Sends agents and dashboards away, finishes what was begun and stops listening. */
  close(): Promise<void>
}

/** Of what an address names, in characters of the address: a node's name has up to 253, each of which may be written as nine or more. */
const LONGEST_NAME = 4096
const BODY_LIMIT_BYTES = 64 * 1024
/** How long agents and dashboards may take to say goodbye. */
const GOODBYE_MS = 1000

/**
 * Starts the collector's HTTP side: API, dashboard, and the doors for agents and dashboards.
 *
 * @throws an error of code `insecure-address` off loopback without leave, or the socket's, such as `EADDRINUSE`
 */
export async function createCollector(deps: CollectorDeps): Promise<Collector> {
  assertMayListen(deps.listen)
  const app = createApp(deps)
  const failures = new Failures(deps)
  const loopbackOnly = isLoopback(deps.listen.address)

  sendSecurityHeaders(app)
  sendProblems(app, (request) => storeAnswers(deps.store, request))
  guard(app, { ...deps, failures, loopbackOnly })
  serveMetrics(app, { ...deps, failures })
  serveHealth(app, deps.store)
  await serveApi(app, deps)
  servePages(app, { ...deps, failures, assets: deps.dashboard === null ? new Map() : readAssets(deps.dashboard) })

  app.server.on('upgrade', createUpgrade({ ...deps, failures, loopbackOnly }))
  app.addHook('preClose', async () => {
    const patience = AbortSignal.timeout(GOODBYE_MS)
    await Promise.all([deps.live.close(patience), deps.agents.close(patience)])
    await deps.audit.close()
  })
  const url = await app.listen({ host: deps.listen.address, port: deps.listen.port })
  return { url: (deps.listen.tls ?? null) !== null ? url.replace('http:', 'https:') : url, close: () => app.close() }
}

function createApp(deps: CollectorDeps): FastifyInstance {
  const app = Fastify({
    loggerInstance: deps.log,
    // An address may hold a login token: requests are measured, not logged.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: LONGEST_NAME },
    frameworkErrors: refuseAddress,
    forceCloseConnections: true,
    serverFactory: (answer) => createServer(deps, answer),
  })
  app.setValidatorCompiler(validatorCompiler)
  // Rows were checked when they came in; their schemas describe, and the tests compare.
  app.setSerializerCompiler(() => JSON.stringify)
  return app
}

async function serveApi(app: FastifyInstance, { store, commands, version, listen }: CollectorDeps): Promise<void> {
  await publishOpenApi(app, { version, port: listen.port })
  serveNodes(app, store)
  serveContainers(app, store)
  serveFindings(app, store)
  servePorts(app, store)
  serveEvents(app, store)
  serveQuarantine(app, store)
  serveAudit(app, store)
  serveCommands(app, commands)
}
