/** SQLSTATE classes and codes, PostgreSQL's Appendix A: the server goes, is not yet there, or has no room. */
const UNAVAILABLE = /^(?:08...|57P0[1-5]|53...|25P03)$/
/**
 * Another transaction was in the way: deadlock_detected, serialization_failure, lock_not_available; or a newer collector has
 * changed a table since a statement was prepared: feature_not_supported.
 */
const CONFLICT = /^(?:40P01|40001|55P03|0A000)$/
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])
/** node-postgres gives these no code. */
const LOST =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/
/** Likewise, where a statement was left without an answer. */
const SILENCE = 'Query read timeout'

/** Tells whether the server did not answer at all. */
export function isSilence(error: unknown): boolean {
  return error instanceof Error && error.message === SILENCE
}

/** Tells what a failed transaction wants: to wait for the database, to be tried again at once, or nothing that helps. */
export function judgeTrouble(error: unknown): 'wait' | 'again' | 'fail' {
  if (!(error instanceof Error)) return 'fail'
  if (isSilence(error)) return 'wait'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (CONFLICT.test(code)) return 'again'
  return UNAVAILABLE.test(code) || NETWORK.has(code) || LOST.test(error.message) ? 'wait' : 'fail'
}
