/** What a command has of the world around it; `process` is one. */
export interface Io {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Output
  readonly stderr: Output
}

/** A stream that may be a terminal. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** What is narrower is laid out as if it were not: the terminal wraps it. */
const NARROWEST = 40

/** Gives how wide a stream is, in cells: COLUMNS over the terminal's own word; what is piped is never cut. */
export function columnsOf(stream: Output, env: Io['env']): number {
  const asked = Number(env['COLUMNS'])
  const columns = Number.isInteger(asked) && asked > 0 ? asked : stream.columns
  // Terminals without a size, as some programs make them, say 0.
  return columns === undefined || columns === 0 ? Number.POSITIVE_INFINITY : Math.max(columns, NARROWEST)
}
