import type { CommandName, CommandRequest } from '../../model/command.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { Policy } from '../../policy/policy.ts'
import type { ProbeMode, Prober } from '../../probe/probe.ts'
import type { CommandDoer } from '../../transport/transport.ts'
import { reportOf } from '../findings.ts'
import { probePorts } from './probe-ports.ts'
import { triage } from './triage.ts'

export interface CommandDoerDeps {
  readonly allowed: readonly CommandName[]
  /** Looks at the node anew. */
  readonly look: (signal: AbortSignal) => Promise<Snapshot>
  readonly policy: Policy
  /** Asks ports of the node's own addresses, and nothing that is excluded. */
  readonly prober: Prober
  /** The most that this agent says to a port; null where it asks none. */
  readonly mode: ProbeMode | null
}

/** Makes what carries out commands: each one reads, and changes nothing on the node. */
export function createCommandDoer(deps: CommandDoerDeps): CommandDoer {
  return {
    allowed: deps.allowed,
    carryOut: (request, signal) => carryOut(deps, request, signal),
  }
}

async function carryOut(deps: CommandDoerDeps, request: CommandRequest, signal: AbortSignal): Promise<object> {
  switch (request.command) {
    case 'scan':
      return reportOf(await deps.look(signal), { policy: deps.policy })
    case 'probe':
      return probePorts(deps, request, signal)
    case 'triage':
      return triage(deps, request, signal)
  }
}
