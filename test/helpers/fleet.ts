import { pino } from 'pino'
import type { Test } from 'tap'
import { createIngest } from '../../src/collector/ingest.ts'
import { AGENT_PATH } from '../../src/collector/upgrade.ts'
import { diff, type KeyedState, stateOf } from '../../src/model/changes.ts'
import type { Report } from '../../src/model/finding.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { connectTransport } from '../../src/transport/client.ts'
import { createHub } from '../../src/transport/hub.ts'
import { report } from './builders.ts'
import { credentialsOf } from './client.ts'
import { ENROLMENT_TOKEN, type GivenCollector, type StartedCollector, startCollector } from './collector.ts'

/** An agent without a node: it tells what a test makes up, by the real way. */
export interface TestAgent {
  /** Tells what changed since the last report. */
  tell(given: Partial<Report>): void
  /** Ends the connection when all is stored. */
  leave(): Promise<void>
}

export interface Fleet extends StartedCollector {
  agent(node: string): TestAgent
}

/** Starts a collector over a real store, and agents as they are asked for. */
export async function startFleet(t: Test, given: GivenCollector = {}): Promise<Fleet> {
  const log = pino({ level: 'silent' })
  const store = await openSqliteStore({ path: ':memory:', now: given.now ?? Date.now })
  t.teardown(() => store.close())
  const ingest = createIngest({ store, onChanged: (changed) => collector.live.publish(changed) })
  const agents = createHub({ ingest, log })
  const collector = await startCollector(t, { store, trust: store, agents, ...given })

  function agent(node: string): TestAgent {
    const identity = { agentId: `agent-of-${node}`, node, bootId: 'boot-1', version: '0.1.0' }
    const url = new URL(AGENT_PATH, collector.url.replace('http', 'ws'))
    const readCredentials = async () => credentialsOf(identity.agentId, { enrolmentToken: ENROLMENT_TOKEN })
    const transport = connectTransport({ url, readCredentials, identity, log })
    const leave = () => transport.close(AbortSignal.timeout(5000))
    t.teardown(leave)
    let state: KeyedState = new Map()
    const tell = (given: Partial<Report>) => {
      const whole = report(given)
      const next = stateOf({ ...whole, node: { ...whole.node, name: node } })
      transport.publish(diff(state, next, Date.now()))
      state = next
    }
    return { tell, leave }
  }

  return { ...collector, agent }
}
