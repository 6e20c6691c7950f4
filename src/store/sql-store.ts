import { type Kysely, sql } from 'kysely'
import type { Look } from '../model/look.ts'
import type { IdentityRefusal, Proof } from '../model/speaker.ts'
import type { Hello, ReceivedBatch, ReceivedPart } from '../model/stream.ts'
import type { ContainerView, EventPage, FindingView, NodeView, Page, PortView } from '../model/view.ts'
import { applyBatch } from './ingest/apply.ts'
import { keepAudit } from './ingest/audit.ts'
import { endSession } from './ingest/end.ts'
import { isKnownSecret, judgeProof } from './ingest/identity.ts'
import { noteLook } from './ingest/look.ts'
import { openSession } from './ingest/open.ts'
import { stagePart } from './ingest/stage.ts'
import { PRUNE_ROWS, pruneEvents, pruneFindings, type Walk } from './prune.ts'
import { listAudit } from './reads/audit.ts'
import { listEvents } from './reads/events.ts'
import { listFindings } from './reads/findings.ts'
import { listNodes, readNode } from './reads/nodes.ts'
import { listQuarantine } from './reads/quarantine.ts'
import { listContainers, listPorts } from './reads/state.ts'
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
import { Writer } from './writer.ts'

/** The store over any database that Kysely speaks to; the schema is in place. */
export class SqlStore implements Store {
  readonly #db: Kysely<Tables>
  readonly #now: () => number
  readonly #writer: Writer
  readonly #reclaim: () => Promise<boolean>
  #walk: Walk | null = null

  /**
   * @param now the database's clock
   * @param reclaim gives a little freed space back, and tells whether there is more
   */
  constructor(db: Kysely<Tables>, now: () => number, reclaim: () => Promise<boolean> = async () => false) {
    this.#db = db
    this.#now = now
    this.#reclaim = reclaim
    this.#writer = new Writer(db, now)
  }

  judge(hello: Hello, proof: Proof): Promise<IdentityRefusal | null> {
    return judgeProof(this.#db, hello, proof)
  }

  open(hello: Hello, proof: Proof): Promise<Opened> {
    return this.#writer.write(1, (context) => openSession(context, hello, proof))
  }

  apply(session: Session, batch: ReceivedBatch): Promise<Written> {
    return this.#writer.write(batch.events.length, (context) => applyBatch(context, session, batch))
  }

  stage(session: Session, part: ReceivedPart): Promise<Written> {
    return this.#writer.write(part.items.length, (context) => stagePart(context, session, part))
  }

  look(session: Session, look: Look): Promise<boolean> {
    return this.#writer.write(1, (context) => noteLook(context, session, look))
  }

  end(session: Session): Promise<void> {
    return this.#writer.write(1, (context) => endSession(context, session))
  }

  listNodes(page: PageRequest): Promise<Page<NodeView>> {
    return listNodes(this.#db, page, this.#now())
  }

  readNode(name: string): Promise<NodeView | null> {
    return readNode(this.#db, name, this.#now())
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
    return isKnownSecret(this.#db, secretHash)
  }

  keepAudit(entries: readonly AuditView[]): Promise<void> {
    return this.#writer.write(entries.length, (context) => keepAudit(context, entries))
  }

  async prune(retention: Retention): Promise<boolean> {
    if (await this.#writer.write(PRUNE_ROWS, (context) => pruneEvents(context, retention))) return true
    const from = this.#walk
    this.#walk = await this.#writer.write(PRUNE_ROWS, (context) => pruneFindings(context, retention, from))
    return (await this.#reclaim()) || this.#walk !== null
  }

  async ping(): Promise<void> {
    await sql`select 1`.execute(this.#db)
  }

  async close(): Promise<void> {
    await this.#writer.idle()
    await this.#db.destroy()
  }
}
