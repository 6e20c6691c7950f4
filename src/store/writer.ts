import type { Kysely, Transaction } from 'kysely'
import { createIngestStatements, type IngestStatements } from './ingest/statements.ts'
import type { Tables } from './tables.ts'

/** What a write has to work with; all of one transaction carry the same time. */
export interface WriteContext {
  readonly trx: Transaction<Tables>
  readonly statements: IngestStatements
  /** The database's clock, Unix milliseconds. */
  readonly now: number
}

interface Job {
  readonly rows: number
  /** Does the work and gives what is to be done after the commit. */
  readonly run: (context: WriteContext) => Promise<() => void>
  readonly fail: (error: unknown) => void
}

/** How many rows are committed together: nobody else is served meanwhile. */
const MAX_GROUP_ROWS = 1000

/**
 * Commits together what many connections write at the same time: one fsync for all. A write that fails takes nobody
 * with it: its group is rolled back and each is tried on its own, so a write must not keep state between runs.
 */
export class Writer {
  readonly #db: Kysely<Tables>
  readonly #statements: IngestStatements
  readonly #now: () => number
  readonly #queue: Job[] = []
  #draining: Promise<void> | null = null

  constructor(db: Kysely<Tables>, now: () => number) {
    this.#db = db
    this.#statements = createIngestStatements(db)
    this.#now = now
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

  /** Settles when nothing is left to write. */
  async idle(): Promise<void> {
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
    await this.#runAll(jobs).then(
      (settle) => {
        for (const done of settle) done()
      },
      async (error: unknown) => {
        if (jobs.length === 1) jobs[0]?.fail(error)
        else for (const job of jobs) await this.#commit([job])
      },
    )
  }

  #runAll(jobs: readonly Job[]): Promise<(() => void)[]> {
    return this.#db.transaction().execute(async (trx) => {
      const context = { trx, statements: this.#statements, now: this.#now() }
      const settle: (() => void)[] = []
      for (const job of jobs) settle.push(await job.run(context))
      return settle
    })
  }
}
