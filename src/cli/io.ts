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

/** Gives how wide a stream is, in cells: COLUMNS over the terminal's own word; what is piped is never cut. */
export function columnsOf(stream: Output, env: Io['env']): number {
  const asked = Number(env['COLUMNS'])
  if (Number.isInteger(asked) && asked > 0) return asked
  return stream.columns ?? Number.POSITIVE_INFINITY
}
