import type { Tables } from '../tables.ts'

/** How the rows of a table move from one store to another. */
interface Move<Row> {
  /** Its primary key: the order in which both sides read it. */
  readonly key: readonly (keyof Row & string)[]
  /** What is another in the copy than it was. */
  readonly set?: Partial<Row>
}

/** Every table, those first that others refer to; null for what stays behind. */
const MOVES: { readonly [Name in keyof Tables]: Move<Tables[Name]> | null } = {
  // Nobody is connected to the collectors that are to come, and no snapshot is under way.
  nodes: { key: ['id'], set: { connected: 0, replica: null, staged_parts: 0 } },
  epochs: { key: ['id'] },
  state: { key: ['node_id', 'key'] },
  events: { key: ['id'] },
  findings: { key: ['node_id', 'id'] },
  staged: null,
  quarantine: { key: ['node_id', 'number'] },
  retention: { key: ['id'] },
  agents: { key: ['agent_id'] },
  audit: { key: ['id'] },
  api_tokens: { key: ['name'] },
  // A session is of one address, and the next collectors have another: people log in again.
  logins: null,
  // Whoever asked is not connected any more.
  commands: null,
}

/** A table whose rows move. */
export interface MovedTable {
  readonly name: string
  readonly key: readonly string[]
  readonly set: Readonly<Record<string, unknown>>
}

/** What moves, in an order in which no row refers to one that comes later. */
export const MOVED_TABLES: readonly MovedTable[] = Object.entries(MOVES).flatMap(([name, move]) =>
  move === null ? [] : [{ name, key: move.key, set: { ...move.set } }],
)

/** Every table of a store, moved or not. */
export const ALL_TABLES: readonly string[] = Object.keys(MOVES)
