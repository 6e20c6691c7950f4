import type { ProbeIdentity, ProbeOutcome } from '../model/port.ts'

/** What came of asking one target. */
export interface Asked {
  readonly outcome: ProbeOutcome
  readonly detail?: string
  readonly identity?: ProbeIdentity
  /** From the first packet to the first answer, be it a refusal. */
  readonly latencyMs: number
}

const OUTCOMES: Readonly<Record<string, ProbeOutcome>> = {
  ABORT_ERR: 'timeout',
  ETIMEDOUT: 'timeout',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
}

/** Tells what the failure of a connection says of the port. */
export function outcomeOf(error: Error): Pick<Asked, 'outcome' | 'detail'> {
  const code = codeOf(error)
  const outcome = OUTCOMES[code]
  return outcome === undefined ? { outcome: 'failed', detail: code || error.message } : { outcome }
}

/** Gives an error's code, empty where it has none. */
export function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
