import type { FastifyBaseLogger } from 'fastify'
import { Registry } from 'prom-client'
import { findDashboard } from '../collector/assets.ts'
import { Audit } from '../collector/audit.ts'
import { createTokenAuthority } from '../collector/auth/token-authority.ts'
import type { TokenReviewer } from '../collector/auth/token-reviewer.ts'
import { type CommandService, createCommandService } from '../collector/commands/command-service.ts'
import { createIngest } from '../collector/ingest.ts'
import type { ListenOptions } from '../collector/listen.ts'
import { LiveClients } from '../collector/live.ts'
import { keepPruned } from '../collector/retention.ts'
import { createCollector } from '../collector/server.ts'
import type { Changed, ReadStore, Retention } from '../store/store.ts'
import type { Incident } from '../transport/admission.ts'
import { createHub, type Hub } from '../transport/hub.ts'
import type { Rates } from '../transport/throttle.ts'
import { UsageError } from './errors.ts'
import { openStore, type StorePlace } from './store-place.ts'
import { VERSION } from './version.ts'

export interface ServeOptions {
  readonly listen: ListenOptions
  /** The flag that says where, for errors. */
  readonly listenFlag: string
  readonly store: StorePlace
  readonly retention: Retention
  readonly enrolmentToken: string | null
  /** Who judges other tokens that agents enrol with; without one they are wrong. */
  readonly reviewer?: TokenReviewer
  /** The secret of the agent that the caller runs itself. */
  readonly childSecret?: string
  readonly apiTokens: readonly string[]
  /** What one agent may send; the usual where it is not given. */
  readonly rates?: Rates
  readonly log: FastifyBaseLogger
  /** Called with the address that logs the next person in: at start, and after every login. */
  readonly onLoginAddress: (address: string) => void
  /** Called after every commit that changed something. */
  readonly onChanged: (changed: Changed) => void
}

/** A collector with all that belongs to it. */
export interface Served {
  /** Such as `http://127.0.0.1:7433`. */
  readonly url: string
  readonly store: ReadStore
  /** Fires when the store is lost for good, with the reason: nothing is kept any more, and the process should end. */
  readonly lost: AbortSignal
  close(): Promise<void>
}

/**
 * Starts a collector over a store of its own.
 *
 * @throws UsageError when we cannot listen there
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { listen, log, onChanged, onLoginAddress } = options
  let origin = ''
  const onLogin = (token: string) => onLoginAddress(`${origin}/?token=${token}`)
  const live = new LiveClients({ version: VERSION, log })
  let here: { readonly agents: Hub; readonly service: CommandService } | null = null
  const lost = loggedLoss(log)
  const store = await openStore(options.store, {
    onCommandNews: (news) => here?.service.hear(news),
    isAlive: async (agentId) => (await here?.agents.isAlive(agentId)) ?? false,
    onChanged: (changed) => live.publish(changed),
    isWatched: () => live.figures.connected > 0,
    onMissed: () => live.resync(),
    onTrouble: (err) => log.warn({ err }, 'the database is in trouble: what agents send waits'),
    onLost: (err) => lost.abort(err),
  })
  const authority = createTokenAuthority({ ...options, trust: store, now: Date.now, onLogin })
  const audit = new Audit({ store, now: Date.now, log })
  const onCommit = (changed: Changed) => {
    live.publish(changed)
    onChanged(changed)
  }
  const rates = options.rates === undefined ? {} : { rates: options.rates }
  const onIncident = (incident: Incident) => audit.note(incident)
  const agents = createHub({ ingest: createIngest({ store, onChanged: onCommit }), log, onIncident, ...rates })
  const commands = createCommandService({ agents, store, audit, now: Date.now, log })
  here = { agents, service: commands }
  const fixed = { registry: new Registry(), dashboard: findDashboard(), version: VERSION, now: Date.now, listen, log }
  const parts = { store, authority, agents, live, commands: commands.desk, audit }
  const { url, close } = await createCollector({ ...fixed, ...parts }).catch(async (error: unknown) => {
    await store.close()
    throw explain(error, options)
  })
  origin = url
  onLogin(authority.firstLoginToken)
  const stop = new AbortController()
  const pruning = keepPruned({ store, retention: options.retention, log }, stop.signal)
  const closeAll = async () => {
    stop.abort()
    await close()
    await commands.close()
    await pruning
    await store.close()
  }
  return { url, store, lost: lost.signal, close: closeAll }
}

/** What fires when the store is lost, and is told then. */
function loggedLoss(log: FastifyBaseLogger): AbortController {
  const lost = new AbortController()
  const { signal } = lost
  signal.addEventListener('abort', () => log.fatal({ err: signal.reason }, 'the store is lost: the collector ends'))
  return lost
}

/** Turns what a socket says of an address into what to do about it. */
function explain(error: unknown, { listen: { address, port }, listenFlag }: ServeOptions): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  if (code === 'EADDRINUSE') {
    return new UsageError(`${place} is taken: choose another port with ${listenFlag}, 0 for any free one`, {
      cause: error,
    })
  }
  if (code === 'insecure-address') {
    return new UsageError(
      `${listenFlag}: expected an address of loopback (or --insecure), got ${place}: off loopback it takes --tls-cert and --tls-key`,
      {
        cause: error,
      },
    )
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return new UsageError(`${listenFlag}: expected where we may listen, got ${place} (${code})`, { cause: error })
  }
  return error
}
