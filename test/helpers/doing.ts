import { createCommandDoer } from '../../src/agent/commands/doer.ts'
import type { CommandRequest } from '../../src/model/command.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import { SHIPPED_POLICY } from '../../src/policy/packs/index.ts'
import type { ProbeMode, ProbeTarget } from '../../src/probe/probe.ts'
import { TAKEN_AT } from './builders.ts'

/** What an agent does on a node that looks like this, whose ports are all open. */
export function doing(seen: Snapshot, mode: ProbeMode | null = 'connect') {
  const asked: (ProbeTarget & { readonly mode: ProbeMode })[] = []
  const doer = createCommandDoer({
    allowed: ['scan', 'probe', 'triage'],
    look: async () => seen,
    policy: SHIPPED_POLICY,
    prober: {
      probe: async (targets, mode) => {
        asked.push(...targets.map((target) => ({ ...target, mode })))
        return targets.map((target) => ({ vantage: 'host', ...target, outcome: 'open', at: TAKEN_AT, latencyMs: 1 }))
      },
    },
    mode,
  })
  return { asked, carryOut: (request: CommandRequest) => doer.carryOut(request, AbortSignal.timeout(10_000)) }
}
