import { Client } from 'pg'
import { type Announcement, CHANNEL, parseAnnouncement } from './announcer.ts'
import { COMMAND_CHANNEL, parseCommandNews } from './command-news.ts'
import type { OnCommandNews } from './command-store.ts'
import { pause } from './pause.ts'
import { ROLL_CALL_CHANNEL } from './roll-call.ts'

export interface ChangeListenerDeps {
  readonly url: string
  /** Our own name: what we announced ourselves is not told. */
  readonly replica: string
  readonly onAnnounced: (announcement: Announcement) => void
  /** Called when announcements may have been missed: whoever watches must read again. */
  readonly onMissed: () => void
  /** Told also what we did ourselves. */
  readonly onCommandNews: OnCommandNews
  /** Told what collectors say on the roll call's channel. */
  readonly onRollCall: (payload: string) => void
  readonly onTrouble: (error: unknown) => void
}

const CONNECT_TIMEOUT_MS = 5000
const RETRY_MS = 1000
/** How often the connection must show that it lives. */
const CHECK_MS = 5000

/** Hears what other collectors of one database commit, on a connection of its own, again and again connected until closed. */
export class ChangeListener {
  readonly #deps: ChangeListenerDeps
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  constructor(deps: ChangeListenerDeps) {
    this.#deps = deps
    this.#running = this.#run()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    for (let connections = 0; !signal.aborted; connections += 1) {
      await this.#listen(connections > 0).catch((error: unknown) => {
        if (!signal.aborted) this.#deps.onTrouble(error)
      })
      await pause(RETRY_MS, signal)
    }
  }

  /** Listens until the connection ends. */
  async #listen(again: boolean): Promise<void> {
    const client = new Client({
      connectionString: this.#deps.url,
      application_name: 'nsentinel listener',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    })
    const ended = Promise.withResolvers<void>()
    client.on('error', (error) => ended.reject(error))
    client.on('end', () => ended.resolve())
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === COMMAND_CHANNEL) this.#hearOfCommand(payload)
      else if (channel === ROLL_CALL_CHANNEL) this.#hearRollCall(payload)
      else this.#hear(payload)
    })
    // The promise is awaited below; until then an early end must not count as unhandled.
    ended.promise.catch(() => undefined)
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}; listen ${COMMAND_CHANNEL}; listen ${ROLL_CALL_CHANNEL}`)
      if (again) this.#deps.onMissed()
      this.#deps.onCommandNews({ kind: 'missed' })
      await this.#whileAlive(client, ended.promise)
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  /** A connection whose other end is gone without a word is found by asking. */
  async #whileAlive(client: Client, ended: Promise<void>): Promise<void> {
    const { signal } = this.#stop
    for (;;) {
      const isOpen = await Promise.race([ended.then(() => false), pause(CHECK_MS, signal).then(() => true)])
      if (!isOpen || signal.aborted) return
      await client.query('select 1')
    }
  }

  #hear(payload: string): void {
    const { replica, onAnnounced, onMissed, onTrouble } = this.#deps
    try {
      const announcement = parseAnnouncement(payload)
      if (announcement.replica !== replica) onAnnounced(announcement)
    } catch (error) {
      onTrouble(new Error('another collector announced what cannot be read', { cause: error }))
      onMissed()
    }
  }

  #hearOfCommand(payload: string): void {
    const { onCommandNews, onTrouble } = this.#deps
    try {
      const news = parseCommandNews(payload)
      if (news !== null) onCommandNews(news)
    } catch (error) {
      onTrouble(new Error('another collector told of a command what cannot be read', { cause: error }))
    }
  }

  #hearRollCall(payload: string): void {
    try {
      this.#deps.onRollCall(payload)
    } catch (error) {
      this.#deps.onTrouble(new Error('another collector asked after an agent what cannot be read', { cause: error }))
    }
  }
}
