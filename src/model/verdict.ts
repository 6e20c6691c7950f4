import type { Declared, Relation, Verdict } from './container.ts'

/** What the table needs to know of a container beside what was declared and observed. */
export interface VerdictContext {
  /** The container is its pod's sandbox. */
  readonly isSandbox: boolean
  /** The other container, of a relation `container:<id>`, belongs to the same pod. */
  readonly samePod: boolean
  /** The namespace is the one that `declared` names, by a container or a path, whoever's it is. */
  readonly isTarget: boolean
  /** The container that `declared` names is itself declared to be in the host's namespace, or the path is the host's. */
  readonly targetIsHost: boolean
  /** `declared` names a path, and what is there could not be read. */
  readonly isUnreadPath: boolean
}

type Column = 'host' | 'own' | 'pod' | 'other'

/** Judges one relation against one declaration, by the table of docs/architecture.md. */
export function verdictOf(declared: Declared, relation: Relation, context: VerdictContext): Verdict {
  if (relation === 'not-applicable') return 'not-applicable'
  // The kernel's initial namespace on a nested node lies outside the node: no declaration covers it, known or not.
  if (relation === 'kernel') return 'undeclared-sharing'
  if (declared === 'unknown' || relation === 'unknown' || context.isUnreadPath) return 'unknown'
  const column = columnOf(relation, context)
  if (declared === 'host') return column === 'host' ? 'as-declared' : 'ineffective-declaration'
  if (declared === 'private') return column === 'own' ? 'as-declared' : 'undeclared-sharing'
  if (declared === 'pod') return verdictOfPod(column, context)
  return verdictOfTarget(column, context)
}

const WORST_FIRST: readonly Verdict[] = [
  'undeclared-sharing',
  'ineffective-declaration',
  'unknown',
  'not-applicable',
  'as-declared',
]

/** Picks the verdict that weighs most; `as-declared` when there is none. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  return WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? 'as-declared'
}

function columnOf(relation: Relation, { samePod }: VerdictContext): Column {
  if (relation === 'host' || relation === 'own') return relation
  return relation === 'sandbox' || samePod ? 'pod' : 'other'
}

function verdictOfPod(column: Column, { isSandbox }: VerdictContext): Verdict {
  if (column === 'own') return isSandbox ? 'as-declared' : 'ineffective-declaration'
  return column === 'pod' ? 'as-declared' : 'undeclared-sharing'
}

function verdictOfTarget(column: Column, { isTarget, targetIsHost }: VerdictContext): Verdict {
  if (column === 'host') return targetIsHost ? 'as-declared' : 'undeclared-sharing'
  if (isTarget) return 'as-declared'
  return column === 'own' ? 'ineffective-declaration' : 'undeclared-sharing'
}
