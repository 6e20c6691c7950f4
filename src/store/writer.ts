import type { Kysely, Transaction } from 'kysely'
import type { Announcer, Committed } from './announcer.ts'
import type { Clock } from './clock.ts'
import { createIngestStatements, type IngestStatements } from './ingest/statements.ts'
import { pause } from './pause.ts'
import type { RollCall } from './roll-call.ts'
import type { Tables } from './tables.ts'

/** What a write has to work with; all of one transaction carry the same time. */
export interface WriteContext {
  readonly trx: Transaction<Tables>
  readonly statements: IngestStatements
  /** The database's clock, Unix milliseconds. */
  readonly now: number
  /** The other collectors of the database; null where there are none. */
  readonly rollCall: RollCall | null
  /** Tells other collectors, with the commit. */
  readonly announce: (committed: Committed) => void
}

export interface WriterDeps {
  readonly db: Kysely<Tables>
  readonly clock: Clock
  readonly announcer: Announcer
  readonly rollCall?: RollCall
  /** What to make of a transaction that failed; without, nothing helps but to tell who asked for it. */
  readonly trouble?: {
    readonly judge: (error: unknown) => 'wait' | 'again' | 'fail'
    readonly tell: (error: unknown) => void
  }
}

interface Job {
  readonly rows: number
  /** Does the work and gives what is to be done after the commit. */
  readonly run: (context: WriteContext) => Promise<() => void>
  readonly fail: (error: unknown) => void
}

/** How often a transaction may meet others in its way. */
const MOST_CONFLICTS = 5
const RETRY_MS = 500

/** How many rows are committed together: nobody else is served meanwhile. */
const MAX_GROUP_ROWS = 2000

/**
 * Commits together what many connections write at the same time: one fsync for all. A write that fails takes nobody
 * with it: its group is rolled back and each is tried on its own, so a write must not keep state between runs.
 */
export class Writer {
  readonly #db: Kysely<Tables>
  readonly #statements: IngestStatements
  readonly #clock: Clock
  readonly #announcer: Announcer
  readonly #rollCall: RollCall | null
  readonly #trouble: WriterDeps['trouble']
  readonly #stop = new AbortController()
  readonly #queue: Job[] = []
  #draining: Promise<void> | null = null

  constructor({ db, clock, announcer, rollCall, trouble }: WriterDeps) {
    this.#db = db
    this.#statements = createIngestStatements(db)
    this.#clock = clock
    this.#announcer = announcer
    this.#rollCall = rollCall ?? null
    this.#trouble = trouble
  }

  /** Runs a write of about so many rows; settles after its commit. */
  write<Result>(rows: number, work: (context: WriteContext) => Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#queue.push({
      rows,
      run: async (context) => {
        const result = await work(context)
        return () => resolve(result)
      },
      fail: reject,
    })
    this.#draining ??= this.#drain()
    return promise
  }

  /** Settles when nothing is left to write; for a database that does not answer nobody waits any longer. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // Whatever the other sockets have for us by now joins the group.
      await new Promise((resolve) => setImmediate(resolve))
      await this.#commit(this.#takeGroup())
    }
    this.#draining = null
  }

  #takeGroup(): readonly Job[] {
    let rows = 0
    const end = this.#queue.findIndex((job) => {
      rows += job.rows
      return rows >= MAX_GROUP_ROWS
    })
    return this.#queue.splice(0, end === -1 ? this.#queue.length : end + 1)
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    try {
      const settle = await this.#untilRun(jobs)
      for (const done of settle) done()
    } catch (error) {
      // Who closes waits for no database that fails each of them, one after the other.
      if (jobs.length === 1 || this.#stop.signal.aborted) for (const job of jobs) job.fail(error)
      else for (const job of jobs) await this.#commit([job])
    }
  }

  /** Runs jobs again while what keeps them from being stored may pass; whoever sent them is held back meanwhile. */
  async #untilRun(jobs: readonly Job[]): Promise<(() => void)[]> {
    for (let failures = 0; ; failures += 1) {
      const result = await this.#runAll(jobs).catch((error: unknown) => this.#mayPass(error, failures))
      if (result !== null) return result
    }
  }

  /** Waits as long as it takes for another try to make sense; throws what no other try would mend. */
  async #mayPass(error: unknown, failures: number): Promise<null> {
    const verdict = this.#trouble?.judge(error) ?? 'fail'
    if (verdict === 'fail' || this.#stop.signal.aborted) throw error
    if (verdict === 'again' && failures >= MOST_CONFLICTS) throw error
    this.#trouble?.tell(error)
    if (verdict === 'wait') await pause(RETRY_MS, this.#stop.signal)
    return null
  }

  #runAll(jobs: readonly Job[]): Promise<(() => void)[]> {
    return this.#db.transaction().execute(async (trx) => {
      const committed: Committed[] = []
      const announce = (one: Committed) => void committed.push(one)
      const fixed = { trx, statements: this.#statements, rollCall: this.#rollCall }
      const context = { ...fixed, now: await this.#clock(trx), announce }
      const settle: (() => void)[] = []
      for (const job of jobs) settle.push(await job.run(context))
      await this.#statements.flush(trx)
      if (committed.length > 0) await this.#announcer.announce(trx, committed)
      return settle
    })
  }
}
