import { createHash } from 'node:crypto'
import type { Container } from '../model/container.ts'
import type { Acceptance, Finding, Report, RuleHit, Subject } from '../model/finding.ts'
import { affectsAny, type Gap } from '../model/gap.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { acceptanceOf, holdsAt } from '../policy/match.ts'
import { SHIPPED_POLICY } from '../policy/packs/index.ts'
import type { Policy } from '../policy/policy.ts'
import { evaluate, rules } from '../rules/index.ts'
import type { Rule } from '../rules/rule.ts'

const ID_DIGITS = 32

/** What a snapshot is judged by, beside the rules. */
export interface JudgeOptions {
  /** What is expected here; without one, what the shipped packs expect. */
  readonly policy?: Policy
  /**
   * The last look's findings: one that is not hit again, while a gap clouds what its rule looks at, is kept as stale,
   * since it cannot be told from one that was mended.
   */
  readonly previous?: readonly Finding[]
  readonly rules?: readonly Rule[]
}

/** The source of the gap that a rule leaves which could not judge. */
const RULE_SOURCE = 'rule'

/**
 * Judges a snapshot. The same snapshot and policy always give the same findings, whenever and wherever: `replay` rests
 * on it, so an exception's expiry is judged at the snapshot's own moment.
 */
export function reportOf(snapshot: Snapshot, options: JudgeOptions = {}): Report {
  const { policy = SHIPPED_POLICY, previous = [], rules: enabled = rules } = options
  const { takenAt, node, containers } = snapshot
  const byId = new Map(containers.map((container) => [container.id, container]))
  const judged = enabled.map((rule) => judge(rule, snapshot))
  const gaps = [
    ...snapshot.gaps.filter(({ source }) => source !== RULE_SOURCE),
    ...judged.flatMap(({ gap }) => gap ?? []),
  ]
  const found = judged
    .flatMap(({ hits }) => hits)
    .map((hit) => {
      const container = byId.get(hit.subject.containerId ?? '')
      return findingOf(hit, container, acceptanceOf(policy, { hit, container, node: node.name }, takenAt))
    })
  const ids = new Set(found.map(({ id }) => id))
  const clouded = previous.filter((finding) => !ids.has(finding.id) && isClouded(finding, { containers, gaps }))
  return { ...snapshot, gaps, findings: [...found, ...clouded.map((finding) => staleOf(finding, takenAt))] }
}

/** Runs one rule: whatever it throws is its gap and no other rule's. */
function judge(rule: Rule, snapshot: Snapshot): { readonly hits: readonly RuleHit[]; readonly gap?: Gap } {
  try {
    return { hits: evaluate(snapshot, [rule]) }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    const affects = rule.inputs.length > 0 ? rule.inputs : '*'
    return { hits: [], gap: { source: RULE_SOURCE, subject: rule.id, reason: 'malformed', affects, detail } }
  }
}

function findingOf(hit: RuleHit, container: Container | undefined, acceptance: Acceptance | null): Finding {
  return {
    id: idOf(hit, container),
    group: groupOf(hit, container),
    ...hit,
    status: acceptance === null ? 'open' : 'accepted',
    references: rules.find(({ id }) => id === hit.rule)?.references ?? [],
    ...(acceptance === null ? {} : { acceptance }),
    stale: false,
  }
}

/** An exception runs out for what cannot be seen, too. */
function staleOf(finding: Finding, takenAt: number): Finding {
  const { acceptance, ...rest } = finding
  if (acceptance === undefined || holdsAt(acceptance, takenAt)) return { ...finding, stale: true }
  return { ...rest, status: 'open', stale: true }
}

/** What a restart, a new agent and a reboot leave as it is: no pid, inode or pod container's runtime id in it. */
function idOf({ rule, subject, fact }: RuleHit, container: Container | undefined): string {
  const identity = JSON.stringify([1, rule, subjectKey(subject, container), fact])
  return createHash('sha256').update(identity).digest('hex').slice(0, ID_DIGITS)
}

/** A pod that only a label claims is nobody's identity: its author could take another one's findings. */
function subjectKey(subject: Subject, container: Container | undefined): string {
  // A port or the node itself is the node's, however many containers it may concern.
  if (container === undefined) return subject.type === 'port' ? 'node' : subject.type
  const { pod, runtime, id } = container
  return pod !== undefined && pod.proof !== 'claim' ? `pod/${pod.uid}/${pod.container}` : `${runtime.name}/${id}`
}

/**
 * What people group and acknowledge: no node and no pod uid, so that a rollout is not a thousand new items, and no
 * pod that only a label claims, so that nobody slips under another one's acknowledgement.
 */
function groupOf(hit: RuleHit, container: Container | undefined): string {
  const group = wholeGroupOf(hit, container)
  // A name may be as long as somebody likes, and stores look groups up.
  return Buffer.byteLength(group) <= LONGEST_GROUP
    ? group
    : `sha256:${createHash('sha256').update(group).digest('hex')}`
}

const LONGEST_GROUP = 1024

function wholeGroupOf({ rule, fact }: RuleHit, container: Container | undefined): string {
  const pod = container?.pod
  if (pod === undefined || pod.proof === 'claim')
    return JSON.stringify([rule, null, null, container?.name ?? null, fact])
  return JSON.stringify([rule, pod.namespace, pod.workload ?? pod.name, pod.container, fact])
}

/** A pod's container that was restarted has another runtime id, and is the same subject. */
function isClouded(finding: Finding, { containers, gaps }: Pick<Snapshot, 'containers' | 'gaps'>): boolean {
  const { rule, subject } = finding
  const inputs: readonly string[] = rules.find(({ id }) => id === rule)?.inputs ?? []
  const same = containers.filter((container) => idOf(finding, container) === finding.id).map(({ id }) => id)
  const clouding = [...inputs, ...same, ...(subject.containerId === undefined ? [] : [subject.containerId])]
  return gaps.some((gap) => affectsAny(gap, clouding))
}
