import type { AuditAction } from '../model/audit-action.ts'
import type { StateType } from '../model/changes.ts'
import type { Digest } from '../model/digest.ts'
import type { FindingStatus, Severity } from '../model/finding.ts'
import type { Look } from '../model/look.ts'
import type { NamespaceKind } from '../model/namespace.ts'
import type { Protocol } from '../model/port.ts'
import type { Holder } from '../model/role.ts'
import type { IdentityRefusal, Proof, Unopened } from '../model/speaker.ts'
import type { Hello, ReceivedBatch, ReceivedPart, Want } from '../model/stream.ts'
import type { ContainerView, EventChange, EventPage, FindingView, NodeView, Page, PortView } from '../model/view.ts'
import type { CommandStore } from './command-store.ts'

/** One connection of one agent. A newer one of the same agent fences it: whatever it writes afterwards is refused. */
export interface Session {
  readonly nodeId: number
  readonly node: string
  /** Grows with every connection of the node's agent. */
  readonly number: number
}

export type Opened =
  | {
      readonly outcome: 'opened'
      readonly session: Session
      readonly ackedSeq: number
      readonly want: Want
      /** Of the state as it is stored. */
      readonly digest: Digest
      /** The agent's identity is bound to what it showed from now on. */
      readonly enrolled: boolean
    }
  | Unopened

/** What a committed write changed, for those who watch. */
export interface Changed {
  readonly node: string
  readonly types: readonly StateType[]
  /** The findings that opened, changed or were resolved, as they are now. */
  readonly findings: readonly FindingView[]
}

/**
 * `stored`: all up to ackedSeq is durable, and `wantSnapshot` says that the states have diverged. `staged`: more parts
 * of the snapshot must follow. Otherwise nothing is stored: `fenced`, a newer session has begun; `wrong-epoch`, this
 * one is closed or never began; `out-of-order`, something before it is missing.
 */
export type Written =
  | {
      readonly outcome: 'stored'
      readonly ackedSeq: number
      readonly wantSnapshot: boolean
      /** Null when nothing new was in it. */
      readonly changed: Changed | null
    }
  | { readonly outcome: 'staged' | 'fenced' | 'wrong-epoch' | 'out-of-order' }

/** What the stream of agents needs of the store. Every promise settles after the commit. */
export interface IngestStore {
  /** Tells why this hello cannot be of who showed this proof; null when it can. It changes nothing. */
  judge(hello: Hello, proof: Proof): Promise<IdentityRefusal | null>
  open(hello: Hello, proof: Proof, beyond?: number): Promise<Opened>
  apply(session: Session, batch: ReceivedBatch): Promise<Written>
  /** Stages a part; the last one swaps the whole state in one transaction. */
  stage(session: Session, part: ReceivedPart): Promise<Written>
  /** Notes that the agent looked; false when the session is fenced. */
  look(session: Session, look: Look): Promise<boolean>
  /** Notes that the connection ended and drops its unfinished snapshot; a fenced session changes nothing. */
  end(session: Session): Promise<void>
}

/**
 * What to read of a list: at most `limit` rows (1 to 1,000) after the cursor that the page before gave. How many rows
 * one request looks at is bounded, so that a page may be short before the last.
 */
export interface PageRequest {
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface ContainerFilter {
  readonly node?: string | undefined
  /** As `namespace/name`. */
  readonly pod?: string | undefined
  /** A part of name, id, image or pod, without regard to case. */
  readonly search?: string | undefined
  /** Only containers with a task in the host's (or kernel's) namespace of this kind. */
  readonly shared?: NamespaceKind | undefined
}

export interface FindingFilter {
  readonly node?: string | undefined
  readonly rule?: string | undefined
  /** This severity or a higher one. */
  readonly severity?: Severity | undefined
  readonly status?: FindingStatus | undefined
  readonly group?: string | undefined
  /** A part of summary, rule, container name, container id or pod, without regard to case. */
  readonly search?: string | undefined
}

export interface PortFilter {
  readonly node?: string | undefined
  readonly protocol?: Protocol | undefined
  /** Rows that hold this host port, as one port or inside a range. */
  readonly port?: number | undefined
}

/** What to read of history. */
export interface EventFilter {
  readonly node?: string | undefined
  readonly type?: StateType | undefined
  /** Of a row. With node and type its whole history is found at once. */
  readonly key?: string | undefined
  readonly change?: EventChange | undefined
  /** Received then or later, by the collector's clock. */
  readonly since?: number | undefined
  /** Received before. */
  readonly until?: number | undefined
}

/** An event that could not be read, as it is shown. */
export interface QuarantineView {
  readonly node: string
  readonly epoch: string
  readonly seq: number
  readonly receivedAt: number
  readonly problem: string
  readonly raw: string
}

/** Something that happened to who may speak, as often as it happened alike. */
export interface AuditView {
  readonly id: string
  readonly at: number
  readonly lastAt: number
  readonly count: number
  readonly action: AuditAction
  readonly reason: string | null
  /** Who it was by its own word, if it got as far as a hello. */
  readonly agentId: string | null
  readonly node: string | null
  readonly address: string | null
  readonly detail: string | null
}

/** Who may speak or ask, and what became of those who may not. */
export interface TrustStore {
  /** Tells whether some agent has the secret of this SHA-256. */
  knowsSecret(secretHash: Uint8Array): Promise<boolean>
  /** Tells whose token has this SHA-256, and counts as its use; null when it is nobody's, expired or revoked. */
  findToken(tokenHash: Uint8Array): Promise<Holder | null>
  /** Keeps that a browser is logged in, by a token of the store or, as operator, by a login address. */
  keepLogin(secretHash: Uint8Array, tokenName: string | null): Promise<void>
  /** Tells whose login has this SHA-256, and counts as its use; null when it ended, or the token it was made by did. */
  findLogin(secretHash: Uint8Array): Promise<Holder | null>
  /** Ends the login that has this SHA-256, if there is one. */
  endLogin(secretHash: Uint8Array): Promise<void>
  /** Keeps entries, the newest 10,000 of all; one that is there already is counted on. */
  keepAudit(entries: readonly AuditView[]): Promise<void>
}

/** What the API needs of the store. */
export interface ReadStore {
  /** By name. */
  listNodes(page: PageRequest): Promise<Page<NodeView>>
  /** Null when no agent ever spoke for it. */
  readNode(name: string): Promise<NodeView | null>
  /** By node, then name. */
  listContainers(filter: ContainerFilter, page: PageRequest): Promise<Page<ContainerView>>
  /** The most severe first, of these the newest episode first. */
  listFindings(filter: FindingFilter, page: PageRequest): Promise<Page<FindingView>>
  /** By node, then port. */
  listPorts(filter: PortFilter, page: PageRequest): Promise<Page<PortView>>
  /** The newest first. */
  listEvents(filter: EventFilter, page: PageRequest): Promise<EventPage>
  /** The newest first; the store keeps a bounded number of each node. */
  listQuarantine(page: PageRequest): Promise<Page<QuarantineView>>
  /** The newest first; the store keeps a bounded number. */
  listAudit(page: PageRequest): Promise<Page<AuditView>>
  /** Resolves when the database answers, and can be written where it is a file of ours. */
  ping(): Promise<void>
}

/** How much history, and for how long what is resolved, is kept at most. */
export interface Retention {
  readonly ageMs: number
  readonly events: number
}

/** What keeps the store from growing without end. */
export interface PruneStore {
  /** Forgets a little of what is older or more than allowed, or gives freed space back; tells whether there is more to do. */
  prune(retention: Retention): Promise<boolean>
}

/** All that the collector keeps: written once, for SQLite and PostgreSQL. */
export interface Store extends IngestStore, ReadStore, TrustStore, PruneStore {
  /** What collectors of one store ask each other's agents. */
  readonly commands: CommandStore
  close(): Promise<void>
}

/** A cursor that this list never gave; `code` is `invalid-cursor`. */
export class CursorError extends Error {
  readonly code = 'invalid-cursor'
}
