import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import type { Test } from 'tap'
import { type ServeOptions, serve } from '../../src/cli/serve.ts'
import type { StorePlace } from '../../src/cli/store-place.ts'
import { AGENT_PATH } from '../../src/collector/upgrade.ts'
import type { AuditView, ReadStore } from '../../src/store/store.ts'
import type { ClientOptions } from '../../src/transport/client.ts'
import type { AgentCredentials } from '../../src/transport/dial.ts'
import type { Certificate } from './authority.ts'
import { credentialsOf, type StartedClient, startClient } from './client.ts'
import { until } from './until.ts'

const TOKEN = 'an-enrolment-token-of-a-test'

/** A collector as `nsentinel collector` runs it, in this process. */
export interface TrustingCollector {
  readonly url: URL
  readonly store: ReadStore
  logText(): string
  close(): Promise<void>
}

export interface TrustingOptions extends Partial<Omit<ServeOptions, 'store'>> {
  /** An SQLite file, or the address of a PostgreSQL database; memory unless given. */
  readonly store?: string
}

export async function startTrusting(t: Test, given: TrustingOptions = {}): Promise<TrustingCollector> {
  const lines: string[] = []
  const log = pino({}, { write: (line) => void lines.push(line) })
  const { url, store, close } = await serve({
    listen: { address: '127.0.0.1', port: 0, insecure: false },
    listenFlag: '--listen',
    retention: { ageMs: 86_400_000, events: 1_000_000 },
    enrolmentToken: TOKEN,
    apiTokens: [],
    log,
    onLoginAddress: () => undefined,
    onChanged: () => undefined,
    ...given,
    store: placeOf(given.store ?? ':memory:'),
  })
  let closing: Promise<void> | null = null
  const closeOnce = () => (closing ??= close())
  t.teardown(closeOnce)
  return { url: new URL(AGENT_PATH, url.replace('http', 'ws')), store, logText: () => lines.join(''), close: closeOnce }
}

function placeOf(store: string): StorePlace {
  return store.startsWith('postgres:') ? { kind: 'postgres', url: store } : { kind: 'sqlite', path: store }
}

export interface GivenAgent extends Partial<Omit<ClientOptions, 'url'>> {
  readonly agentId?: string
  readonly node?: string
  readonly shows?: Partial<AgentCredentials>
}

/** Connects an agent that shows the token and a secret of its name, or what else is given, and tries once. */
export function speak(
  t: Test,
  { url }: { readonly url: URL },
  { agentId = 'node-1', node = agentId, shows, ...given }: GivenAgent = {},
): StartedClient {
  const credentials = credentialsOf(agentId, { enrolmentToken: TOKEN, keepsSecret: true, ...shows })
  return startClient(
    t,
    { url },
    {
      identity: { agentId, node, bootId: `boot of ${agentId}`, version: '0.1.0' },
      readCredentials: async () => credentials,
      sleep: (_ms, signal) => setTimeout(60_000, undefined, { signal }),
      ...given,
    },
  )
}

/** What an agent shows by a certificate. */
export function certified(ca: string, certificate: Certificate | null): Pick<AgentCredentials, 'ca' | 'identity'> {
  const read = (path: string) => readFileSync(path, 'utf8')
  const identity = certificate === null ? null : { cert: read(certificate.cert), key: read(certificate.key) }
  return { ca: read(ca), identity }
}

/** Waits until an agent is welcome and its first finding is stored. */
export async function welcomed({ spool }: StartedClient): Promise<void> {
  await until(() => (spool.isDrained ? true : undefined))
}

/** Waits until a refusal stands in the agent's log, the collector's log and the audit; gives the audit's entry. */
export async function refused(collector: TrustingCollector, client: StartedClient, reason: string): Promise<AuditView> {
  await until(() => client.log.lines.find(([, fields]) => Reflect.get(fields, 'reason') === reason))
  await until(() => (collector.logText().includes(`"reason":"${reason}"`) ? true : undefined))
  return audited(collector, reason)
}

/** Waits until the audit has an entry of this reason. */
export async function audited({ store }: TrustingCollector, reason: string): Promise<AuditView> {
  return until(async () => {
    const { items } = await store.listAudit({ limit: 100 })
    return items.find((entry) => entry.reason === reason)
  })
}
