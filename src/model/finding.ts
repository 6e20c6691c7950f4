import type { Snapshot } from './snapshot.ts'

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const

export type Severity = (typeof SEVERITIES)[number]

export type FindingStatus = 'open' | 'accepted' | 'resolved'

/** Whom a finding is about; pod as `namespace/name`. */
export interface Subject {
  readonly type: 'container' | 'pod' | 'port' | 'process' | 'namespace' | 'node'
  readonly containerId?: string
  readonly containerName?: string
  readonly pod?: string
}

/** Facts that prove a hit, each bounded in size. */
export type Evidence = Readonly<Record<string, unknown>>

/** What a rule returns: a fact about a subject. */
export interface Hit {
  readonly subject: Subject
  /** Part of the finding's identity: the kind, or `tcp/<address>/<port>`. */
  readonly fact: string
  readonly severity: Severity
  readonly summary: string
  readonly evidence: Evidence
}

/** A hit with the rule that made it. */
export interface RuleHit extends Hit {
  readonly rule: string
}

/** Where a rule's subject is named by others: a Pod Security Standards control, an ATT&CK technique, a CIS item. */
export interface Reference {
  readonly name: string
  readonly url: string
}

export interface Acceptance {
  readonly exception: string
  readonly reason: string
  /** Unix milliseconds, or null when it does not expire. */
  readonly expiresAt: number | null
}

/** A hit with identity and status; its life (first seen, resolved, episodes) is the store's. */
export interface Finding extends RuleHit {
  /** First 32 hex digits of sha256 over the JSON of [1, rule, subjectKey, fact]. */
  readonly id: string
  /** What people group and acknowledge: no node and no pod uid in it. */
  readonly group: string
  readonly status: FindingStatus
  readonly references: readonly Reference[]
  readonly acceptance?: Acceptance
  /** True when a gap kept the last look from telling whether it still holds. */
  readonly stale: boolean
}

/** The JSON of a scan: the snapshot and what rules and policy made of it. */
export interface Report extends Snapshot {
  readonly findings: readonly Finding[]
}

/** Tells whether a severity is at or over a threshold. */
export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(threshold)
}
