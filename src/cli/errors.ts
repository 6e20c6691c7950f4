/** 0: done; 1: something at or over `--fail-on`; 2: wrong usage; 3: could not do it, or could not see enough. */
export type ExitCode = 0 | 1 | 2 | 3

/** The user asked for what cannot be: its message is one line that names flag, value and expectation. */
export class UsageError extends Error {
  readonly code = 'usage'
}
