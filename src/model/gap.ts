export const GAP_REASONS = ['denied', 'gone', 'timeout', 'malformed', 'too-large', 'unsupported', 'missing'] as const

export type GapReason = (typeof GAP_REASONS)[number]

/** Something the agent meant to read and could not. A gap is never a clean result. */
export interface Gap {
  /** The source that could not read, such as `procfs` or `docker`. */
  readonly source: string
  /** What it meant to read, such as `pid 4711` or a socket's path. */
  readonly subject: string
  readonly reason: GapReason
  /** What it clouds: namespace kinds, port protocols, container ids, or everything. */
  readonly affects: readonly string[] | '*'
  /** The error in words, for people; never branched on. */
  readonly detail?: string
}

/** Tells whether a gap clouds any of these kinds, protocols or container ids. */
export function affectsAny(gap: Gap, inputs: readonly string[]): boolean {
  return gap.affects === '*' || gap.affects.some((affected) => inputs.includes(affected))
}
