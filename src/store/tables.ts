import type { Generated } from 'kysely'
import type { AuditAction } from '../model/audit-action.ts'
import type { Digest } from '../model/digest.ts'
import type { FindingStatus } from '../model/finding.ts'
import type { Resolution } from '../model/view.ts'
import type { ApiTokensTable, CommandsTable, LoginsTable } from './people-tables.ts'

/** A node, the agent that speaks for it, and how far its stream has come. Flags are 0 and 1, times Unix milliseconds. */
export interface NodesTable {
  readonly id: number
  readonly name: string
  readonly agent_id: string
  readonly agent_version: string
  readonly boot_id: string
  /** The number of its newest connection; what an older one writes is refused. */
  readonly session: number
  readonly connected: number
  /** The process that made it, how many connections that had made by then, and the collector's name where several share the store. */
  readonly run: string | null
  readonly attempt: number | null
  readonly replica: string | null
  readonly last_seen_at: number
  /** When the agent looked, brought to the collector's clock. */
  readonly last_look_at: number | null
  /** JSON of a Look. */
  readonly last_look: string | null
  /** The agent's clock less the collector's. */
  readonly clock_offset_ms: number
  /** The current epoch; null before its snapshot is complete, and after the epoch was closed. */
  readonly epoch_id: number | null
  readonly epoch: string | null
  readonly acked_seq: number
  readonly digest: Digest
  readonly snapshot_asked_at: number | null
  /** The parts of an unfinished snapshot that have come, and of which snapshot. */
  readonly staged_parts: number
  readonly staged_epoch: string | null
  readonly staged_seq: number
  /** How often each has happened since the node is known. */
  readonly quarantined: number
  readonly digest_mismatches: number
  readonly spool_regressions: number
}

/** Every epoch that ever began; all but a node's current one are closed. */
export interface EpochsTable {
  readonly id: Generated<number>
  readonly node_id: number
  readonly name: string
  readonly arrived_at: number
}

/** The keyed state of every node, as it is now. */
export interface StateTable {
  readonly node_id: number
  /** `type/key`, unique within the node. */
  readonly key: string
  readonly type: string
  /** JSON; null where it could not be read (quarantined), and of findings, which have a table of their own. */
  readonly value: string | null
  readonly hash: Digest
  /** What lists of the type are ordered by. */
  readonly sort: string
  readonly pod: string | null
  readonly port: number | null
  readonly port_end: number | null
  readonly protocol: string | null
  /** The namespace kinds shared with the host, as ` net pid `; null where none is. */
  readonly shared: string | null
  /** Lower case. */
  readonly search: string | null
}

/** What happened, in the order in which it came; within a node that is the order of its epochs and of each epoch. */
export interface EventsTable {
  readonly id: Generated<number>
  readonly node_id: number
  readonly epoch_id: number
  readonly seq: number
  /** 0 for what the agent sent; more for what a snapshot as of that seq changed. */
  readonly ord: number
  readonly at: number
  readonly received_at: number
  /** `resync` says that a snapshot took the place of events. */
  readonly op: 'put' | 'delete' | 'quarantined' | 'resync'
  /** 1 when the row was not there before. */
  readonly fresh: number
  /** As {@link rowHash} gives it. */
  readonly row_hash: number
  readonly type: string
  readonly key: string
  readonly value: string | null
  readonly cause: string | null
}

/** Every finding that ever was, with its life. */
export interface FindingsTable {
  readonly node_id: number
  readonly id: string
  readonly rule: string
  /** Its place in SEVERITIES. */
  readonly severity: number
  readonly status: FindingStatus
  readonly group_key: string
  readonly stale: number
  /** JSON of the finding as the agent last told it. */
  readonly value: string
  readonly first_seen_at: number
  readonly opened_at: number
  readonly last_seen_at: number
  readonly resolved_at: number | null
  readonly resolution: Resolution | null
  readonly episodes: number
  readonly search: string
}

/** The parts of unfinished snapshots. */
export interface StagedTable {
  readonly node_id: number
  readonly key: string
  readonly type: string
  /** JSON of the whole row; null where it could not be read. */
  readonly item: string | null
  readonly hash: Digest
}

/** What could not be read, the newest of each node. */
export interface QuarantineTable {
  readonly node_id: number
  /** Counts the node's quarantined events. */
  readonly number: number
  readonly epoch: string
  readonly seq: number
  readonly received_at: number
  readonly problem: string
  readonly raw: string
}

/** How far history was pruned: one row. */
export interface RetentionTable {
  readonly id: 1
  /** Of what was received up to then nothing is promised; all that came later is there. */
  readonly pruned_until: number
}

/** What proves an agent's identity. */
export interface AgentsTable {
  readonly agent_id: string
  readonly proven_by: 'secret' | 'certificate'
  /** SHA-256 of its secret; null where a certificate names it. */
  readonly secret_hash: Uint8Array | null
  /** 1 when the agent shows the same again after a restart: only an operator lets another one take its place. */
  readonly lasting: number
  readonly enrolled_at: number
}

/** What was refused, and what changed of who may speak; the same again within a while is counted. */
export interface AuditTable {
  readonly id: string
  readonly at: number
  readonly last_at: number
  readonly count: number
  readonly action: AuditAction
  readonly reason: string | null
  readonly agent_id: string | null
  readonly node: string | null
  readonly address: string | null
  readonly detail: string | null
}

export interface Tables {
  readonly nodes: NodesTable
  readonly epochs: EpochsTable
  readonly state: StateTable
  readonly events: EventsTable
  readonly findings: FindingsTable
  readonly staged: StagedTable
  readonly quarantine: QuarantineTable
  readonly retention: RetentionTable
  readonly agents: AgentsTable
  readonly audit: AuditTable
  readonly api_tokens: ApiTokensTable
  readonly logins: LoginsTable
  readonly commands: CommandsTable
}
