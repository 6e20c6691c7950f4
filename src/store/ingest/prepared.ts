import type { StateType } from '../../model/changes.ts'
import type { Digest } from '../../model/digest.ts'
import type { Resolution } from '../../model/view.ts'
import type { FindingFacts } from '../finding-row.ts'
import type { EventsTable, StagedTable } from '../tables.ts'
import type { QuarantinedAt } from './quarantine.ts'
import type { KeptValue } from './state-row.ts'

/**
 * What the store makes of a batch before it has to ask the database: flat, of texts and numbers, so that another thread
 * can be given it at little cost. Of a batch that comes again, what was stored before is told by its `seq`.
 */
export interface PreparedBatch {
  readonly epoch: string
  readonly firstSeq: number
  readonly lastSeq: number
  readonly digest: Digest
  readonly events: readonly PreparedEvent[]
  /** The last change of each row that the batch changes. */
  readonly rows: readonly (RowChange & { readonly seq: number })[]
  readonly findings: readonly (FindingChange & { readonly seq: number })[]
  readonly quarantined: readonly QuarantinedAt[]
}

/** An event as history keeps it. */
export type PreparedEvent = Pick<EventsTable, 'seq' | 'key' | 'value' | 'cause'> &
  (
    | { readonly op: 'put' | 'delete'; readonly type: StateType; readonly at: number }
    // One that could not be read has no time of its own.
    | { readonly op: 'quarantined'; readonly type: string; readonly at: null }
  )

/** A change of one row: null as hash deletes it. */
export interface RowChange {
  /** As stateKey() gives it. */
  readonly key: string
  readonly type: string
  readonly hash: Digest | null
  readonly kept: KeptValue
}

/** A change of a finding at a time of the agent's clock. */
export type FindingChange =
  | { readonly id: string; readonly at: number; readonly facts: FindingFacts }
  | { readonly id: string; readonly at: number; readonly resolution: Resolution }

/** A part of a snapshot, likewise. */
export interface PreparedPart {
  readonly epoch: string
  readonly asOfSeq: number
  readonly takenAt: number
  readonly part: number
  readonly parts: number
  readonly rows: readonly Omit<StagedTable, 'node_id'>[]
  readonly quarantined: readonly QuarantinedAt[]
}
