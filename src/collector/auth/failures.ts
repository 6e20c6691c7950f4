import type { Incident } from '../../transport/admission.ts'
import type { Audit } from '../audit.ts'

const WINDOW_MS = 60_000
const MOST_FAILURES = 10
const MOST_ADDRESSES = 1000

/** Who failed to log in: a person with a login token, a program with an API token, or an agent. */
export type FailureKind = 'person' | 'client' | 'agent'

export interface FailuresDeps {
  readonly now: () => number
  readonly audit: Pick<Audit, 'note'>
}

/**
 * Counts failed logins by address. Over the limit they are answered 429. A right token is never
 * refused: tokens are too long to guess, and who shares an address (loopback, a proxy) must not lock out the others.
 */
export class Failures {
  readonly totals: Record<FailureKind, number> = { person: 0, client: 0, agent: 0 }
  readonly #deps: FailuresDeps
  readonly #byAddress = new Map<string, { readonly since: number; count: number }>()

  constructor(deps: FailuresDeps) {
    this.#deps = deps
  }

  /** Counts one failure; gives the seconds to wait when there were too many in this minute, else null. */
  count(kind: FailureKind, address: string): number | null {
    this.totals[kind] += 1
    // Of agents others note more.
    if (kind !== 'agent') this.#deps.audit.note(failedLogin(kind, address))
    const entry = this.#entryOf(address)
    entry.count += 1
    if (entry.count > MOST_FAILURES) return Math.ceil((entry.since + WINDOW_MS - this.#deps.now()) / 1000)
    return null
  }

  #entryOf(address: string): { readonly since: number; count: number } {
    const known = this.#byAddress.get(address)
    if (known !== undefined && Math.abs(this.#deps.now() - known.since) < WINDOW_MS) return known
    const fresh = { since: this.#deps.now(), count: 0 }
    this.#byAddress.delete(address)
    this.#byAddress.set(address, fresh)
    const [oldest] = this.#byAddress.keys()
    if (this.#byAddress.size > MOST_ADDRESSES && oldest !== undefined) this.#byAddress.delete(oldest)
    return fresh
  }
}

function failedLogin(kind: 'person' | 'client', address: string): Incident {
  const reason = kind === 'person' ? 'wrong-login' : 'wrong-api-token'
  return { action: 'login-failed', reason, address, agentId: null, node: null, detail: null }
}
