import type { ContainerState, NodeState, StateType } from './changes.ts'
import type { Finding, Severity } from './finding.ts'
import type { Gap } from './gap.ts'
import type { Look } from './look.ts'
import type { PortState } from './port.ts'

/** `online`: connected; `late`: cut off or without a look for 2 minutes; `silent`: for 10 minutes. */
export type NodeStatus = 'online' | 'late' | 'silent'

/** A row of /api/v1/nodes. All times are Unix milliseconds. */
export interface NodeView extends NodeState {
  /** The agent that speaks for the node. */
  readonly agentId: string
  readonly agentVersion: string
  readonly status: NodeStatus
  /** By the collector's clock; null before the first. */
  readonly lastSeenAt: number | null
  readonly lastLook: Look | null
  /** The agent's clock less the collector's, as measured when it connected. */
  readonly clockOffsetMs: number
  readonly containers: number
  readonly openFindings: Readonly<Record<Severity, number>>
  readonly gaps: readonly Gap[]
}

/** How a finding's episode ended. */
export type Resolution = 'fixed' | 'gone' | 'resync'

/** A row of /api/v1/findings: the agent's finding and its life, which the store keeps. */
export interface FindingView extends Finding {
  readonly node: string
  readonly firstSeenAt: number
  /** The start of the present episode. */
  readonly openedAt: number
  readonly lastSeenAt: number
  readonly resolvedAt: number | null
  readonly resolution: Resolution | null
  readonly episodes: number
}

/** A row of /api/v1/containers. */
export interface ContainerView extends ContainerState {
  readonly node: string
}

/** A row of /api/v1/ports. */
export interface PortView extends PortState {
  readonly node: string
}

/** One page of a list; `nextCursor` is null on the last. */
export interface Page<Row> {
  readonly items: readonly Row[]
  readonly nextCursor: string | null
}

/** A frame of /api/v1/live: what a dashboard should read again, and the findings that changed, whole. */
export type LiveMessage =
  | { readonly type: 'hello'; readonly version: string }
  | { readonly type: 'finding'; readonly finding: FindingView }
  | { readonly type: 'changed'; readonly node: string; readonly types: readonly StateType[] }
