import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { printable } from '../model/printable.ts'
import type { AuditView, TrustStore } from '../store/store.ts'
import type { Incident } from '../transport/admission.ts'
import { networkOf } from './network.ts'

/** What is alike is one entry for so long. */
const WINDOW_MS = 10 * 60_000
const FLUSH_MS = 1000
const MOST_OF_NETWORK = 20
const MOST_OF_ALL = 500
/** How many may wait for a store that cannot take them: it would keep no more. */
const MOST_UNSAVED = 10_000
const LONGEST_DETAIL = 200

const WORDS = {
  refused: 'refused an agent',
  enrolled: 'an agent enrolled',
  'logged-in': 'a browser logged in',
  'logged-out': 'a browser logged out',
  'login-failed': 'login failed',
  commanded: 'commands are refused',
  forbidden: 'a role was too low',
} as const

/** What honest agents and people do. */
const USUAL: ReadonlySet<Incident['action']> = new Set(['enrolled', 'logged-in', 'logged-out'])

export interface AuditDeps {
  readonly store: Pick<TrustStore, 'keepAudit'>
  readonly now: () => number
  readonly log: FastifyBaseLogger
  readonly flushMs?: number
}

/**
 * Keeps who was refused and who enrolled, in the log and in the store. What is alike is counted in one entry; of one
 * network, and then of all, only so many entries are begun in ten minutes, and what comes beyond is counted by reason:
 * a flood neither fills the disk nor pushes the others out.
 */
export class Audit {
  readonly #deps: AuditDeps
  readonly #entries = new Map<string, AuditView>()
  /** By id, the oldest first. */
  readonly #unsaved = new Map<string, AuditView>()
  readonly #begun = new Map<string, number>()
  readonly #refused = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  #since = 0
  #saving: Promise<void> | null = null
  #isFailing = false

  constructor(deps: AuditDeps) {
    this.#deps = deps
    this.#timer = setInterval(() => void this.#save(), deps.flushMs ?? FLUSH_MS)
    this.#timer.unref()
  }

  /** How many were refused, by reason. */
  get refused(): ReadonlyMap<string, number> {
    return this.#refused
  }

  note(incident: Incident): void {
    const { action, reason } = incident
    if (action === 'refused') this.#refused.set(reason ?? '', (this.#refused.get(reason ?? '') ?? 0) + 1)
    this.#beginWindow()
    const { key, entry } = this.#entryOf(incident)
    const lastAt = this.#deps.now()
    const detail = incident.detail === null ? entry.detail : printable(incident.detail).slice(0, LONGEST_DETAIL)
    const noted = { ...entry, lastAt, detail, count: entry.count + 1 }
    this.#entries.set(key, noted)
    this.#unsaved.set(noted.id, noted)
  }

  /** Saves what is not saved yet, and keeps nothing further. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#saving
    await this.#save()
  }

  #beginWindow(): void {
    const now = this.#deps.now()
    if (Math.abs(now - this.#since) < WINDOW_MS) return
    this.#since = now
    this.#entries.clear()
    this.#begun.clear()
  }

  /** The entry of what is alike; a narrower one only while there is room for it. */
  #entryOf(incident: Incident): { readonly key: string; readonly entry: AuditView } {
    const network = networkOf(incident.address)
    const isCrowded = (this.#begun.get(network) ?? 0) >= MOST_OF_NETWORK
    const anonymous = { ...incident, agentId: null, node: null, detail: null }
    const told = isCrowded ? { ...anonymous, address: network } : incident
    const known = this.#entries.get(keyOf(told))
    if (known !== undefined) return { key: keyOf(told), entry: known }
    const isFull = this.#entries.size >= MOST_OF_ALL
    return this.#begin(isFull ? { ...anonymous, address: 'many' } : told, network)
  }

  #begin(told: Incident, network: string): { readonly key: string; readonly entry: AuditView } {
    const key = keyOf(told)
    const known = this.#entries.get(key)
    if (known !== undefined) return { key, entry: known }
    const at = this.#deps.now()
    const entry = { ...told, id: randomUUID(), at, lastAt: at, count: 0 }
    if (this.#begun.size < MOST_OF_ALL) this.#begun.set(network, (this.#begun.get(network) ?? 0) + 1)
    const { action, ...fields } = told
    this.#deps.log[USUAL.has(action) ? 'info' : 'warn'](fields, WORDS[action])
    return { key, entry }
  }

  /** One save at a time; what the store could not take comes again with the next one. */
  #save(): Promise<void> {
    this.#saving ??= this.#saveAll().finally(() => {
      this.#saving = null
    })
    return this.#saving
  }

  async #saveAll(): Promise<void> {
    const entries = [...this.#unsaved.values()]
    if (entries.length === 0) return
    this.#unsaved.clear()
    const { store, log } = this.#deps
    try {
      await store.keepAudit(entries)
      this.#isFailing = false
    } catch (err) {
      if (!this.#isFailing) log.error({ err }, 'could not keep the audit: trying again')
      this.#isFailing = true
      this.#putBack(entries)
    }
  }

  /** An entry that was counted on meanwhile is there already. */
  #putBack(entries: readonly AuditView[]): void {
    const newer = [...this.#unsaved]
    this.#unsaved.clear()
    for (const entry of entries) this.#unsaved.set(entry.id, entry)
    for (const [id, entry] of newer) this.#unsaved.set(id, entry)
    const surplus = [...this.#unsaved.keys()].slice(0, -MOST_UNSAVED)
    for (const id of surplus) this.#unsaved.delete(id)
  }
}

/** Logins and logouts by other tokens are not alike. */
function keyOf({ action, reason, address, agentId, node, detail }: Incident): string {
  return JSON.stringify([action, reason, address, agentId, node, action.startsWith('logged-') ? detail : null])
}
