import type { StateType } from '../model/changes.ts'
import type { FindingView } from '../model/view.ts'
import { viewOfFinding } from './finding-row.ts'
import type { PreparedBatch, PreparedPart } from './ingest/prepared.ts'
import type { Changed, Session, Written } from './store.ts'
import type { FindingsTable } from './tables.ts'

/** What a write changed, with findings as rows: most of the time nobody watches, and none has to be read. */
export interface KeptChange {
  readonly node: string
  readonly types: readonly StateType[]
  readonly findings: readonly FindingsTable[]
  /** When the node last looked, by the collector's clock. */
  readonly lastLookAt: number | null
}

/** As {@link Written}, before anybody asks what changed. */
export type KeptWritten =
  | (Omit<Extract<Written, { outcome: 'stored' }>, 'changed'> & { readonly changed: KeptChange | null })
  | Exclude<Written, { outcome: 'stored' }>

/** Takes in what was prepared, perhaps in another thread. */
export interface KeepStore {
  keepBatch(session: Session, batch: PreparedBatch): Promise<KeptWritten>
  keepPart(session: Session, part: PreparedPart): Promise<KeptWritten>
}

/** Says what a write changed to those who watch. */
export function writtenOf(kept: KeptWritten): Written {
  if (kept.outcome !== 'stored') return kept
  return { ...kept, changed: kept.changed === null ? null : new ReadableChange(kept.changed) }
}

/** A change whose findings are read when they are asked for. */
class ReadableChange implements Changed {
  readonly #kept: KeptChange
  readonly node: string
  readonly types: readonly StateType[]

  constructor(kept: KeptChange) {
    this.#kept = kept
    this.node = kept.node
    this.types = kept.types
  }

  get findings(): readonly FindingView[] {
    const { node, findings, lastLookAt } = this.#kept
    return findings.map((row) => viewOfFinding(node, row, lastLookAt))
  }
}
