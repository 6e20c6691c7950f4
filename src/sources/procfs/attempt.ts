import type { GapReason } from '../../model/gap.ts'

/** A read that failed: why, in the words of a gap. */
export interface Failure {
  readonly failed: GapReason
  readonly detail: string
}

const REASONS: Readonly<Record<string, GapReason>> = {
  EACCES: 'denied',
  EPERM: 'denied',
  ENOENT: 'gone',
  ESRCH: 'gone',
  // mountinfo of a task that has ended, and attr/current where no module labels tasks.
  EINVAL: 'gone',
  ENOTDIR: 'missing',
  E2BIG: 'too-large',
  // Whoever may make cgroups can make one whose path is too long: read(2) refuses the file, or cuts it (Linux 6.18).
  ENAMETOOLONG: 'too-large',
}

/**
 * Runs one read of procfs and turns its error into a value, so that a process that ends, or is closed to us, fails
 * nothing but itself. A parser's SyntaxError is `malformed`; any other error is the caller's and goes on.
 */
export function attempt<Value>(read: () => Value): Value | Failure {
  try {
    return read()
  } catch (error) {
    const failure = failureOf(error)
    if (failure === null) throw error
    return failure
  }
}

/** Tells a failed read from a value. */
export function isFailure(result: unknown): result is Failure {
  return typeof result === 'object' && result !== null && 'failed' in result
}

function failureOf(error: unknown): Failure | null {
  if (error instanceof SyntaxError) return { failed: 'malformed', detail: error.message }
  if (!(error instanceof Error) || !('code' in error)) return null
  const reason = REASONS[String(error.code)]
  return reason === undefined ? null : { failed: reason, detail: error.message }
}
