import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { connectTransport } from '../../src/transport/client.ts'
import { MemorySpool } from '../../src/transport/memory-spool.ts'
import { findingId, putFinding } from '../../test/helpers/stream.ts'
import { secretOf } from './visit.ts'

const PAUSE_MS = 50
const POLL_MS = 2
const PATIENCE_MS = 10_000

/** An agent that wants no harm, while others do. */
export class Innocent {
  readonly identity = { agentId: 'innocent', node: 'innocent', bootId: 'boot-1', version: '0.1.0' }
  readonly faults: string[] = []
  readonly latencies: number[] = []
  readonly #spool: MemorySpool
  readonly #transport: ReturnType<typeof connectTransport>
  readonly #enrolled = Promise.withResolvers<void>()
  #connections = 0
  #told = 0

  constructor(url: URL, token: string) {
    const log = { info: this.#hear.bind(this), warn: this.#complain.bind(this) }
    this.#spool = new MemorySpool({ log })
    const credentials = {
      secret: secretOf('innocent'),
      keepsSecret: true,
      enrolmentToken: token,
      ca: null,
      identity: null,
    }
    const readCredentials = async () => credentials
    this.#transport = connectTransport({ url, readCredentials, identity: this.identity, spool: this.#spool, log })
  }

  /** Settles when it has enrolled and told of something: before that, its name is anybody's who has the token. */
  get enrolled(): Promise<void> {
    return this.#enrolled.promise
  }

  /** Tells of one finding after another until the signal fires, and waits each time until it is stored. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startedAt = performance.now()
      this.#transport.publish([putFinding(this.#told)])
      this.#told += 1
      while (!this.#spool.isDrained) {
        await delay(POLL_MS)
        if (performance.now() - startedAt > PATIENCE_MS) {
          this.faults.push('the innocent agent waited for more than 10 s')
          break
        }
      }
      this.#enrolled.resolve()
      this.latencies.push(performance.now() - startedAt)
      await delay(PAUSE_MS)
    }
    await this.#transport.close(AbortSignal.timeout(PATIENCE_MS))
    if (this.#connections !== 1) this.faults.push(`the innocent agent connected ${this.#connections} times`)
  }

  /** Compares what the store kept of it with what it told; the first change went as part of a snapshot. */
  checkHistory(path: string): void {
    const database = new DatabaseSync(path, { readOnly: true })
    const rows = database
      .prepare(
        `select seq, key from events join epochs on epochs.id = epoch_id
         where epochs.name = ? and ord = 0 and op = 'put' order by seq`,
      )
      .all(this.#spool.epoch)
    database.close()
    const kept = rows.map(({ seq, key }) => `${seq} ${key}`)
    const told = Array.from({ length: this.#told - 1 }, (_, index) => `${index + 2} ${findingId(index + 1)}`)
    if (kept.join() !== told.join()) this.faults.push('the history of the innocent agent is not what it told')
  }

  #hear(_fields: object, message: string): void {
    if (message === 'connected to the collector') this.#connections += 1
  }

  #complain(fields: object, message: string): void {
    this.faults.push(`the innocent agent says: ${message} ${JSON.stringify(fields)}`)
  }
}
