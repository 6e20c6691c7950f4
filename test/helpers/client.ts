import type { Test } from 'tap'
import { hashOf } from '../../src/collector/auth/secret.ts'
import { type ClientOptions, connectTransport } from '../../src/transport/client.ts'
import type { AgentCredentials } from '../../src/transport/dial.ts'
import { MemorySpool } from '../../src/transport/memory-spool.ts'
import type { Spool } from '../../src/transport/spool.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { TAKEN_AT } from './builders.ts'
import type { ScriptedCollector } from './scripted-collector.ts'
import { putFinding, recordingLog } from './stream.ts'

export interface GivenClient extends Partial<ClientOptions> {
  readonly maxEvents?: number
  readonly isTold?: boolean
}

/** What an agent shows that has a secret of its own, and a token to enrol with. */
export function credentialsOf(agentId: string, given: Partial<AgentCredentials> = {}): AgentCredentials {
  const secret = hashOf(`secret of ${agentId}`).toString('base64url')
  return { secret, keepsSecret: false, enrolmentToken: 'enrol-me', ca: null, identity: null, ...given }
}

export interface StartedClient extends Transport {
  readonly spool: Spool
  readonly log: ReturnType<typeof recordingLog>
  /** How long it meant to wait before each connection but the first; it never does. */
  readonly waits: readonly number[]
}

/** Connects an agent that reconnects at once, and has told of one finding, `first`; it is dropped with the test. */
export function startClient(
  t: Test,
  { url }: Pick<ScriptedCollector, 'url'>,
  { maxEvents, isTold = true, ...given }: GivenClient = {},
): StartedClient {
  const log = recordingLog()
  const waits: number[] = []
  const { spool = new MemorySpool({ log, ...(maxEvents === undefined ? {} : { maxEvents }) }) } = given
  const transport = connectTransport({
    url,
    readCredentials: async () => credentialsOf('agent-1'),
    identity: { agentId: 'agent-1', node: 'node-1', bootId: 'boot-1', version: '0.1.0' },
    log,
    now: () => TAKEN_AT,
    sleep: async (ms) => void waits.push(ms),
    ...given,
    spool,
  })
  const client = {
    spool,
    log,
    waits,
    publish: transport.publish.bind(transport),
    look: transport.look.bind(transport),
    close: transport.close.bind(transport),
  }
  if (isTold) client.publish([putFinding('first')])
  t.teardown(() => client.close(AbortSignal.abort()))
  return client
}
