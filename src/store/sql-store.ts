import { type Kysely, sql } from 'kysely'
import type { Look } from '../model/look.ts'
import type { Holder } from '../model/role.ts'
import type { IdentityRefusal, Proof } from '../model/speaker.ts'
import type { Hello, ReceivedBatch, ReceivedPart } from '../model/stream.ts'
import type { ContainerView, EventPage, FindingView, NodeView, Page, PortView } from '../model/view.ts'
import type { Clock } from './clock.ts'
import type { CommandStore } from './command-store.ts'
import { forgetCommands, SqlCommands } from './commands.ts'
import { isSqlite, tryLock } from './dialect.ts'
import { Door } from './door.ts'
import { announceNode, announceWritten } from './ingest/announce.ts'
import { applyBatch } from './ingest/apply.ts'
import { keepAudit } from './ingest/audit.ts'
import { endSession } from './ingest/end.ts'
import { noteLook } from './ingest/look.ts'
import { prepareBatch, preparePart } from './ingest/prepare.ts'
import type { PreparedBatch, PreparedPart } from './ingest/prepared.ts'
import { stagePart } from './ingest/stage.ts'
import { type KeepStore, type KeptWritten, writtenOf } from './kept.ts'
import { endLogin, findLogin, keepLogin } from './logins.ts'
import { PRUNE_ROWS, pruneEvents, pruneFindings, type Walk } from './prune.ts'
import { listAudit } from './reads/audit.ts'
import { listEvents } from './reads/events.ts'
import { listFindings } from './reads/findings.ts'
import { listNodes, readNode } from './reads/nodes.ts'
import { listQuarantine } from './reads/quarantine.ts'
import { listContainers, listPorts } from './reads/state.ts'
import { followSetBack } from './set-back.ts'
import type { SqlStoreDeps } from './sql-store-deps.ts'
import type {
  AuditView,
  ContainerFilter,
  EventFilter,
  FindingFilter,
  Opened,
  PageRequest,
  PortFilter,
  QuarantineView,
  Retention,
  Session,
  Store,
  Written,
} from './store.ts'
import type { Tables } from './tables.ts'
import { findToken } from './use-token.ts'
import { Writer } from './writer.ts'

/** The store over any database that Kysely speaks to; the schema is in place. */
export class SqlStore implements Store, KeepStore {
  readonly #db: Kysely<Tables>
  readonly #clock: Clock
  readonly #writer: Writer
  /** Who comes waits for no batches, nor they for who comes, where a database can do both at once. */
  readonly #opener: Writer
  readonly #door: Door
  readonly #reclaim: NonNullable<SqlStoreDeps['reclaim']>
  readonly #check: NonNullable<SqlStoreDeps['check']>
  readonly #beforeClose: SqlStoreDeps['beforeClose']
  readonly #afterClose: SqlStoreDeps['afterClose']
  readonly commands: CommandStore
  #walk: Walk | null = null

  constructor(deps: SqlStoreDeps) {
    this.#db = deps.db
    this.#clock = deps.clock
    this.#writer = new Writer(deps)
    this.#opener = isSqlite(deps.db) ? this.#writer : new Writer(deps)
    this.#door = new Door({ db: deps.db, writer: this.#opener })
    this.#reclaim = deps.reclaim ?? (async () => false)
    this.#check = deps.check ?? (async () => void (await sql`select 1`.execute(deps.db)))
    this.#beforeClose = deps.beforeClose
    this.#afterClose = deps.afterClose
    this.commands = new SqlCommands({ ...deps, deliver: deps.deliverCommandNews })
  }

  judge(hello: Hello, proof: Proof): Promise<IdentityRefusal | null> {
    return this.#door.judge(hello, proof)
  }

  open(hello: Hello, proof: Proof, beyond?: number): Promise<Opened> {
    return this.#door.open(hello, proof, beyond)
  }

  async apply(session: Session, batch: ReceivedBatch): Promise<Written> {
    return writtenOf(await this.keepBatch(session, prepareBatch(batch)))
  }

  keepBatch(session: Session, batch: PreparedBatch): Promise<KeptWritten> {
    return this.#writer.write(batch.events.length, async (context) =>
      announceWritten(context, await applyBatch(context, session, batch)),
    )
  }

  async stage(session: Session, part: ReceivedPart): Promise<Written> {
    return writtenOf(await this.keepPart(session, preparePart(part)))
  }

  keepPart(session: Session, part: PreparedPart): Promise<KeptWritten> {
    return this.#writer.write(part.rows.length, async (context) =>
      announceWritten(context, await stagePart(context, session, part)),
    )
  }

  look(session: Session, look: Look): Promise<boolean> {
    return this.#writer.write(1, async (context) => {
      const isCurrent = await noteLook(context, session, look)
      if (isCurrent) announceNode(context, session)
      return isCurrent
    })
  }

  end(session: Session): Promise<void> {
    return this.#writer.write(1, async (context) => {
      await endSession(context, session)
      announceNode(context, session)
    })
  }

  async listNodes(page: PageRequest): Promise<Page<NodeView>> {
    return listNodes(this.#db, page, await this.#clock(this.#db))
  }

  async readNode(name: string): Promise<NodeView | null> {
    return readNode(this.#db, name, await this.#clock(this.#db))
  }

  listContainers(filter: ContainerFilter, page: PageRequest): Promise<Page<ContainerView>> {
    return listContainers(this.#db, filter, page)
  }

  listFindings(filter: FindingFilter, page: PageRequest): Promise<Page<FindingView>> {
    return listFindings(this.#db, filter, page)
  }

  listPorts(filter: PortFilter, page: PageRequest): Promise<Page<PortView>> {
    return listPorts(this.#db, filter, page)
  }

  listEvents(filter: EventFilter, page: PageRequest): Promise<EventPage> {
    return listEvents(this.#db, filter, page)
  }

  listQuarantine(page: PageRequest): Promise<Page<QuarantineView>> {
    return listQuarantine(this.#db, page)
  }

  listAudit(page: PageRequest): Promise<Page<AuditView>> {
    return listAudit(this.#db, page)
  }

  knowsSecret(secretHash: Uint8Array): Promise<boolean> {
    return this.#door.knowsSecret(secretHash)
  }

  findToken(tokenHash: Uint8Array): Promise<Holder | null> {
    return findToken(this.#db, this.#clock, tokenHash)
  }

  keepLogin(secretHash: Uint8Array, tokenName: string | null): Promise<void> {
    return keepLogin(this.#db, this.#clock, secretHash, tokenName)
  }

  findLogin(secretHash: Uint8Array): Promise<Holder | null> {
    return findLogin(this.#db, this.#clock, secretHash)
  }

  endLogin(secretHash: Uint8Array): Promise<void> {
    return endLogin(this.#db, secretHash)
  }

  keepAudit(entries: readonly AuditView[]): Promise<void> {
    return this.#writer.write(entries.length, (context) => keepAudit(context, entries))
  }

  async prune(retention: Retention): Promise<boolean> {
    const hasMore = await this.#writer.write(PRUNE_ROWS, async (context) => {
      // One collector at a time: another one's turn comes when this one is gone.
      if (!(await tryLock(context.trx, 'upkeep'))) return null
      await forgetCommands(context.trx, context.now)
      await followSetBack(context)
      return pruneEvents(context, retention)
    })
    if (hasMore !== false) return hasMore ?? false
    const from = this.#walk
    this.#walk = await this.#writer.write(PRUNE_ROWS, (context) => pruneFindings(context, retention, from))
    return (await this.#reclaim()) || this.#walk !== null
  }

  ping(): Promise<void> {
    return this.#check()
  }

  async close(): Promise<void> {
    await this.#beforeClose?.()
    await Promise.all([this.#door.settled(), this.#writer.close(), this.#opener.close()])
    await this.#db.destroy()
    this.#afterClose?.()
  }
}
