import type { Hit, Reference } from '../model/finding.ts'
import type { NamespaceKind } from '../model/namespace.ts'
import type { Protocol } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'

/** One judgement over a snapshot: pure, so that a saved snapshot replays it. */
export interface Rule {
  /** The file's name, the docs page's name and part of every finding's id. */
  readonly id: string
  readonly title: string
  /** What it judges: a gap that affects one of these keeps its findings from being resolved. */
  readonly inputs: readonly (NamespaceKind | Protocol)[]
  readonly references: readonly Reference[]
  readonly evaluate: (snapshot: Snapshot) => readonly Hit[]
}
