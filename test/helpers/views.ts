import type { FindingView, NodeView } from '../../src/model/view.ts'
import { baseline, finding, node, TAKEN_AT } from './builders.ts'

/** An open finding as the API gives it. */
export function findingView(given: Partial<FindingView> = {}): FindingView {
  return {
    ...finding(),
    node: 'node-1',
    firstSeenAt: TAKEN_AT,
    openedAt: TAKEN_AT,
    lastSeenAt: TAKEN_AT,
    resolvedAt: null,
    resolution: null,
    episodes: 1,
    ...given,
  }
}

/** A node that is online, was seen in full and has nothing open. */
export function nodeView(given: Partial<NodeView> = {}): NodeView {
  return {
    ...node(),
    baseline: baseline(),
    policyHash: null,
    agentId: 'agent-1',
    agentVersion: '0.1.0',
    status: 'online',
    lastSeenAt: TAKEN_AT,
    lastLook: null,
    clockOffsetMs: 0,
    containers: 0,
    historySince: TAKEN_AT,
    openFindings: { info: 0, low: 0, medium: 0, high: 0, critical: 0 },
    gaps: [],
    ...given,
  }
}
