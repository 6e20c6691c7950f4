import type { Look } from '../model/look.ts'
import type { Proof } from '../model/speaker.ts'
import type { Hello, ReceivedBatch, ReceivedPart } from '../model/stream.ts'
import type { CommandStore } from './command-store.ts'
import { prepareBatch, preparePart } from './ingest/prepare.ts'
import { writtenOf } from './kept.ts'
import type {
  AuditView,
  ContainerFilter,
  EventFilter,
  FindingFilter,
  PageRequest,
  PortFilter,
  Retention,
  Session,
  Store,
} from './store.ts'
import { StoreThread, type StoreThreadOptions } from './store-thread.ts'

/**
 * Opens the store in one SQLite file, in a thread of its own: what agents send is read and checked while what came before
 * is being written, and no connection waits for the disk. See openSqliteStore() for the file.
 */
export async function openThreadedStore(options: StoreThreadOptions): Promise<Store> {
  const thread = new StoreThread(options)
  try {
    await thread.opened
  } catch (error) {
    await thread.end()
    throw error
  }
  return new ThreadedStore(thread)
}

class ThreadedStore implements Store {
  readonly #thread: StoreThread
  readonly commands: CommandStore

  constructor(thread: StoreThread) {
    this.#thread = thread
    this.commands = commandsOf(thread)
  }

  judge(hello: Hello, proof: Proof) {
    return this.#thread.ask('judge', hello, proof)
  }

  open(hello: Hello, proof: Proof) {
    return this.#thread.ask('open', hello, proof)
  }

  apply(session: Session, batch: ReceivedBatch) {
    return this.#thread.ask('keepBatch', session, prepareBatch(batch)).then(writtenOf)
  }

  stage(session: Session, part: ReceivedPart) {
    return this.#thread.ask('keepPart', session, preparePart(part)).then(writtenOf)
  }

  look(session: Session, look: Look) {
    return this.#thread.ask('look', session, look)
  }

  end(session: Session) {
    return this.#thread.ask('end', session)
  }

  listNodes(page: PageRequest) {
    return this.#thread.ask('listNodes', page)
  }

  readNode(name: string) {
    return this.#thread.ask('readNode', name)
  }

  listContainers(filter: ContainerFilter, page: PageRequest) {
    return this.#thread.ask('listContainers', filter, page)
  }

  listFindings(filter: FindingFilter, page: PageRequest) {
    return this.#thread.ask('listFindings', filter, page)
  }

  listPorts(filter: PortFilter, page: PageRequest) {
    return this.#thread.ask('listPorts', filter, page)
  }

  listEvents(filter: EventFilter, page: PageRequest) {
    return this.#thread.ask('listEvents', filter, page)
  }

  listQuarantine(page: PageRequest) {
    return this.#thread.ask('listQuarantine', page)
  }

  listAudit(page: PageRequest) {
    return this.#thread.ask('listAudit', page)
  }

  knowsSecret(secretHash: Uint8Array) {
    return this.#thread.ask('knowsSecret', secretHash)
  }

  findToken(tokenHash: Uint8Array) {
    return this.#thread.ask('findToken', tokenHash)
  }

  keepLogin(secretHash: Uint8Array, tokenName: string | null) {
    return this.#thread.ask('keepLogin', secretHash, tokenName)
  }

  findLogin(secretHash: Uint8Array) {
    return this.#thread.ask('findLogin', secretHash)
  }

  endLogin(secretHash: Uint8Array) {
    return this.#thread.ask('endLogin', secretHash)
  }

  keepAudit(entries: readonly AuditView[]) {
    return this.#thread.ask('keepAudit', entries)
  }

  prune(retention: Retention) {
    return this.#thread.ask('prune', retention)
  }

  ping() {
    return this.#thread.ask('ping')
  }

  async close() {
    try {
      await this.#thread.ask('close')
    } finally {
      await this.#thread.end()
    }
  }
}

function commandsOf(thread: StoreThread): CommandStore {
  return {
    post: (command) => thread.askOfCommands('post', command),
    listPosted: () => thread.askOfCommands('listPosted'),
    take: (id) => thread.askOfCommands('take', id),
    answer: (id, answer) => thread.askOfCommands('answer', id, answer),
    read: (id) => thread.askOfCommands('read', id),
    withdraw: (id) => thread.askOfCommands('withdraw', id),
    drop: (id) => thread.askOfCommands('drop', id),
  }
}
