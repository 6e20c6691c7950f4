import type { GapReason } from '../model/gap.ts'

/** Why a spool's file cannot be used: `taken` by another process, `damaged`, of another `version`, or `gone`. */
export class SpoolError extends Error {
  readonly code: 'taken' | 'damaged' | 'version' | 'gone'

  constructor(message: string, { code, ...options }: ErrorOptions & { readonly code: SpoolError['code'] }) {
    super(message, options)
    this.code = code
  }
}

/** What SQLite's primary result codes mean for a spool, https://sqlite.org/rescode.html. */
const REASONS: Readonly<Record<number, GapReason>> = { 1: 'malformed', 11: 'malformed', 14: 'missing', 26: 'malformed' }
const FULL = 13
const BUSY = 5
const PRIMARY_CODE = 0xff

const OWN_REASONS: Readonly<Record<SpoolError['code'], GapReason>> = {
  taken: 'denied',
  damaged: 'malformed',
  version: 'unsupported',
  gone: 'missing',
}

/** Tells what an error of a spool's file comes down to. */
export function reasonOf(error: unknown): GapReason {
  if (error instanceof SpoolError) return OWN_REASONS[error.code]
  return REASONS[sqliteCodeOf(error) ?? 0] ?? 'denied'
}

/** Tells whether the file itself is as it was after the error, so that the next commit may succeed. */
export function isPassing(error: unknown): boolean {
  const code = sqliteCodeOf(error)
  return code === FULL || code === BUSY
}

/** Tells whether a file can never be used again as it is: it is damaged, or none of this version. */
export function isUseless(error: unknown): boolean {
  return ['malformed', 'unsupported'].includes(reasonOf(error))
}

/** Tells whether another connection holds the file. */
export function isTaken(error: unknown): boolean {
  return sqliteCodeOf(error) === BUSY
}

function sqliteCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & PRIMARY_CODE
}
