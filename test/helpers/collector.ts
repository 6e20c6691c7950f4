import { Writable } from 'node:stream'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import type { Test } from 'tap'
import { Audit } from '../../src/collector/audit.ts'
import type { Authority } from '../../src/collector/auth/authority.ts'
import { createTokenAuthority } from '../../src/collector/auth/token-authority.ts'
import type { AskElsewhere } from '../../src/collector/commands/ask-elsewhere.ts'
import { CommandDesk } from '../../src/collector/commands/desk.ts'
import { LiveClients, type LiveOptions } from '../../src/collector/live.ts'
import { type Collector, type CollectorDeps, createCollector } from '../../src/collector/server.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { AuditView, ReadStore, TrustStore } from '../../src/store/store.ts'
import type { Hub } from '../../src/transport/hub.ts'

export const API_TOKEN = 'an-api-token-of-a-test'
export const ENROLMENT_TOKEN = 'an-enrolment-token-of-a-test'

/** Lets nobody in. */
export const NO_ENTRY: Authority = {
  judgeAgent: async () => ({ refusal: 'no-credentials' }),
  clientOf: async () => null,
  login: async () => null,
  loginByToken: async () => null,
  personOf: async () => null,
  logout: async () => null,
}

/** A hub that lets nobody in. */
const NO_AGENTS: Hub = {
  accept: (_request, socket) => socket.destroy(),
  close: async () => {},
  agentOf: () => null,
  isAlive: async () => false,
  figures: { connected: 0, ended: {}, lateReplies: 0 },
}

export interface StartedCollector extends Collector {
  readonly live: LiveClients
  /** The addresses that log somebody in, one more after each use; the last one is good. */
  readonly logins: string[]
  /** All that was logged, as text. */
  logText(): string
  /** Asks with the API token. */
  api(path: string, init?: RequestInit): Promise<Response>
}

export interface GivenCollector extends Partial<Omit<CollectorDeps, 'live'>> {
  /** Takes agents' connections, where there is no hub. */
  readonly accept?: Hub['accept']
  /** Where who may speak is kept; without it nobody has enrolled yet. */
  readonly trust?: TrustStore
  readonly live?: Partial<LiveOptions>
}

/** Starts a real collector on a free port of loopback; it ends with the test. */
export async function startCollector(t: Test, given: GivenCollector = {}): Promise<StartedCollector> {
  const { log, logText } = collectLog()
  const now = given.now ?? Date.now
  const trust = given.trust ?? (await openTrust(t, now))
  const authority = createTokenAuthority({
    enrolmentToken: ENROLMENT_TOKEN,
    trust,
    apiTokens: [API_TOKEN],
    now,
    onLogin: (next) => logins.push(`${collector.url}/?token=${next}`),
  })
  const agents = given.agents ?? { ...NO_AGENTS, ...(given.accept === undefined ? {} : { accept: given.accept }) }
  const audit = new Audit({ store: trust, now, log })
  const live = new LiveClients({ version: 'test', log, ...given.live })
  const asking = { keepAudit: (entries: readonly AuditView[]) => trust.keepAudit(entries), readNode: async () => null }
  const collector = await createCollector({
    store: emptyStore(),
    authority,
    audit,
    commands: new CommandDesk({ agents, store: asking, elsewhere: NOBODY, audit, now, log }),
    registry: new Registry(),
    dashboard: null,
    listen: { address: '127.0.0.1', port: 0, insecure: false },
    version: 'test',
    now,
    log,
    ...given,
    agents,
    live,
  })
  t.teardown(() => collector.close())
  const logins = [`${collector.url}/?token=${authority.firstLoginToken}`]
  const api = (path: string, init: RequestInit = {}) =>
    fetch(`${collector.url}${path}`, { ...init, headers: { authorization: `Bearer ${API_TOKEN}`, ...init.headers } })
  return { ...collector, live, logins, logText, api }
}

const NOBODY: Pick<AskElsewhere, 'ask'> = {
  ask: async () => ({ status: 'unknown-node', reason: 'a test has no other collector' }),
}

async function openTrust(t: Test, now: () => number): Promise<TrustStore> {
  const store = await openSqliteStore({ path: ':memory:', now })
  t.teardown(() => store.close())
  return store
}

/** A store that answers and has nothing. */
export function emptyStore(given: Partial<ReadStore> = {}): ReadStore {
  const nothing = async () => ({ items: [], nextCursor: null })
  return {
    listNodes: nothing,
    readNode: async () => null,
    listContainers: nothing,
    listFindings: nothing,
    listPorts: nothing,
    listEvents: async () => ({ items: [], nextCursor: null, historySince: null }),
    listQuarantine: nothing,
    listAudit: nothing,
    ping: async () => {},
    ...given,
  }
}

function collectLog(): { readonly log: pino.Logger; readonly logText: () => string } {
  let text = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  return { log: pino(sink), logText: () => text }
}
