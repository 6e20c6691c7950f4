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
  /** Since when the node's history is whole; null before its first state. */
  readonly historySince: number | null
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

/**
 * What happened to a row: `unreadable` was kept as it came, see quarantine; `resync` is no row's: a snapshot took the
 * place of events, and what it changed follows.
 */
export const EVENT_CHANGES = ['appeared', 'changed', 'disappeared', 'unreadable', 'resync'] as const

export type EventChange = (typeof EVENT_CHANGES)[number]

/** A row of /api/v1/events: one change of one row of a node's state. */
export interface EventView {
  /** Grows in the order in which the collector stored events. */
  readonly id: number
  readonly node: string
  readonly epoch: string
  readonly seq: number
  /** By the agent's clock. */
  readonly at: number
  /** By the collector's. */
  readonly receivedAt: number
  readonly change: EventChange
  /** Of the row; null of a `resync`, and where not even that could be read. */
  readonly type: string | null
  readonly key: string | null
  /** The row as it then was, with its evidence; of a `resync` how many events it stands for and how many rows changed. */
  readonly value: unknown
  readonly cause: string | null
}

/** One page of history, and since when it is whole: nothing that was received later has been pruned. */
export interface EventPage extends Page<EventView> {
  /** Null where there is none yet. */
  readonly historySince: number | null
}

/** One page of a list; `nextCursor` is null on the last. A page may be short, even empty, before that. */
export interface Page<Row> {
  readonly items: readonly Row[]
  readonly nextCursor: string | null
}

/** A frame of /api/v1/live: what a dashboard should read again, and the findings that changed, whole. */
export type LiveMessage =
  | { readonly type: 'hello'; readonly version: string }
  | { readonly type: 'finding'; readonly finding: FindingView }
  | { readonly type: 'changed'; readonly node: string; readonly types: readonly StateType[] }
