import type { Kysely } from 'kysely'
import type { Announcer } from './announcer.ts'
import type { Clock } from './clock.ts'
import type {
  CommandNews,
  CommandState,
  CommandStore,
  NewCommand,
  OnCommandNews,
  Posting,
  TakenCommand,
} from './command-store.ts'
import { takeLock } from './dialect.ts'
import type { Tables } from './tables.ts'

/** How long after its deadline an answer may still be fetched. */
const KEPT_MS = 60_000
/** Of all collectors; an answer may have some MiB. */
const MOST_COMMANDS = 100

export interface SqlCommandsDeps {
  readonly db: Kysely<Tables>
  readonly clock: Clock
  readonly announcer: Announcer
  /** Told after each commit where no database tells all collectors. */
  readonly deliver?: OnCommandNews | undefined
}

/** Commands in any database that Kysely speaks to. Nobody waits here for a database that is away: a deadline passes. */
export class SqlCommands implements CommandStore {
  readonly #deps: SqlCommandsDeps

  constructor(deps: SqlCommandsDeps) {
    this.#deps = deps
  }

  post({ id, node, question, timeoutMs }: NewCommand): Promise<Posting> {
    return this.#change(async (trx, now) => {
      await takeLock(trx, 'commands')
      await forgetCommands(trx, now)
      const posting = await mayPost(trx, node)
      if (posting !== 'posted') return { result: posting, news: null }
      const row = { id, node, question, deadline_at: now + timeoutMs, taken: 0, answer: null }
      await trx.insertInto('commands').values(row).execute()
      return { result: posting, news: { kind: 'posted', id, node } }
    })
  }

  async listPosted(): Promise<readonly { readonly id: string; readonly node: string }[]> {
    const { db, clock } = this.#deps
    return db
      .selectFrom('commands')
      .select(['id', 'node'])
      .where('taken', '=', 0)
      .where('deadline_at', '>', await clock(db))
      .execute()
  }

  take(id: string): Promise<TakenCommand | null> {
    return this.#change(async (trx, now) => {
      const row = await trx
        .updateTable('commands')
        .set({ taken: 1 })
        .where('id', '=', id)
        .where('taken', '=', 0)
        .where('deadline_at', '>', now)
        .returning(['node', 'question', 'deadline_at'])
        .executeTakeFirst()
      if (row === undefined) return { result: null, news: null }
      const { node, question, deadline_at } = row
      return { result: { question, leftMs: deadline_at - now }, news: { kind: 'taken', id, node } }
    })
  }

  answer(id: string, answer: string): Promise<boolean> {
    return this.#change(async (trx) => {
      const row = await trx
        .updateTable('commands')
        .set({ answer })
        .where('id', '=', id)
        .where('answer', 'is', null)
        .returning('node')
        .executeTakeFirst()
      if (row === undefined) return { result: false, news: null }
      return { result: true, news: { kind: 'answered', id, node: row.node } }
    })
  }

  async read(id: string): Promise<CommandState | null> {
    const { db } = this.#deps
    const row = await db.selectFrom('commands').select(['taken', 'answer']).where('id', '=', id).executeTakeFirst()
    return row === undefined ? null : { isTaken: row.taken === 1, answer: row.answer }
  }

  async withdraw(id: string): Promise<boolean> {
    const { db } = this.#deps
    const { numDeletedRows } = await db
      .deleteFrom('commands')
      .where('id', '=', id)
      .where('taken', '=', 0)
      .executeTakeFirst()
    return numDeletedRows > 0n
  }

  async drop(id: string): Promise<void> {
    await this.#deps.db.deleteFrom('commands').where('id', '=', id).execute()
  }

  /** Tells what it did, with the commit or right after it. */
  async #change<Result>(
    work: (trx: Kysely<Tables>, now: number) => Promise<{ readonly result: Result; readonly news: CommandNews | null }>,
  ): Promise<Result> {
    const { db, clock, announcer, deliver } = this.#deps
    const { result, news } = await db.transaction().execute(async (trx) => {
      const done = await work(trx, await clock(trx))
      if (done.news !== null) await announcer.announceCommand(trx, done.news)
      return done
    })
    if (news !== null) deliver?.(news)
    return result
  }
}

/** Forgets what nobody can wait for any more. */
export async function forgetCommands(trx: Kysely<Tables>, now: number): Promise<void> {
  await trx
    .deleteFrom('commands')
    .where('deadline_at', '<=', now - KEPT_MS)
    .execute()
}

async function mayPost(trx: Kysely<Tables>, node: string): Promise<Posting> {
  const known = await trx.selectFrom('nodes').select('connected').where('name', '=', node).executeTakeFirst()
  if (known === undefined) return 'unknown-node'
  if (known.connected === 0) return 'not-connected'
  const { waiting } = await trx
    .selectFrom('commands')
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .executeTakeFirstOrThrow()
  return waiting >= MOST_COMMANDS ? 'too-many' : 'posted'
}
