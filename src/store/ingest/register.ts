import type { Kysely } from 'kysely'
import type { Proof } from '../../model/speaker.ts'
import type { Hello } from '../../model/stream.ts'
import { isOneOf, isOneOfHashes, isSqlite } from '../dialect.ts'
import type { AgentsTable, NodesTable, Tables } from '../tables.ts'

/** Who says hello, and what it showed. */
export interface Newcomer {
  readonly hello: Hello
  readonly proof: Proof
  /** The session of another process that was found to be over. */
  readonly beyond?: number | undefined
}

/** The agents and nodes that some newcomers may be or may claim, as they are stored and as letting each in changes them. */
export class Register {
  readonly #nodes = new Map<number, NodesTable>()
  readonly #agents = new Map<string, AgentsTable>()
  readonly #changedNodes = new Set<number>()
  readonly #changedAgents = new Set<string>()
  #lastNodeId: number | null = null

  constructor(nodes: readonly NodesTable[], agents: readonly AgentsTable[]) {
    for (const node of nodes) this.#nodes.set(node.id, node)
    for (const agent of agents) this.#agents.set(agent.agent_id, agent)
  }

  agent(agentId: string): AgentsTable | undefined {
    return this.#agents.get(agentId)
  }

  /** Hashes tell nothing of the secrets, however long it takes to compare them. */
  agentWith(secretHash: Uint8Array): AgentsTable | undefined {
    const hash = Buffer.from(secretHash)
    return find(this.#agents, ({ secret_hash }) => secret_hash !== null && hash.equals(secret_hash))
  }

  nodeOf(agentId: string): NodesTable | undefined {
    return find(this.#nodes, ({ agent_id }) => agent_id === agentId)
  }

  nodeNamed(name: string): NodesTable | undefined {
    return find(this.#nodes, (node) => node.name === name)
  }

  putNode(node: NodesTable): void {
    this.#nodes.set(node.id, node)
    this.#changedNodes.add(node.id)
  }

  putAgent(agent: AgentsTable): void {
    this.#agents.set(agent.agent_id, agent)
    this.#changedAgents.add(agent.agent_id)
  }

  /** Gives the id of a node that is to be made, while no other collector makes any. */
  async nextNodeId(db: Kysely<Tables>): Promise<number> {
    this.#lastNodeId ??= (await lastNode(db))?.id ?? 0
    this.#lastNodeId += 1
    return this.#lastNodeId
  }

  get changedNodes(): readonly NodesTable[] {
    return [...this.#nodes.values()].filter(({ id }) => this.#changedNodes.has(id))
  }

  get changedAgents(): readonly AgentsTable[] {
    return [...this.#agents.values()].filter(({ agent_id }) => this.#changedAgents.has(agent_id))
  }
}

function lastNode(db: Kysely<Tables>): Promise<Pick<NodesTable, 'id'> | undefined> {
  return db.selectFrom('nodes').select('id').where('id', '>', 0).orderBy('id', 'desc').limit(1).executeTakeFirst()
}

function find<Row>(rows: ReadonlyMap<unknown, Row>, isWanted: (row: Row) => boolean): Row | undefined {
  for (const row of rows.values()) if (isWanted(row)) return row
  return undefined
}

/**
 * Reads what there is of some newcomers.
 *
 * @param lock keeps other collectors from writing to their nodes until the transaction ends
 */
export async function readRegister(
  db: Kysely<Tables>,
  newcomers: readonly Newcomer[],
  { lock = false }: { readonly lock?: boolean } = {},
): Promise<Register> {
  const ids = newcomers.map(({ hello }) => hello.agentId)
  const select = db
    .selectFrom('nodes')
    .selectAll()
    .$if(lock && !isSqlite(db), (found) => found.forUpdate())
  const own = await select.where(isOneOf(db, 'agent_id', ids)).execute()
  const names = newcomers.map(({ hello }) => hello.node)
  const named = await select.where(isOneOf(db, 'name', names)).execute()
  const nodes = [...own, ...named]
  return new Register(nodes, await readAgents(db, [...ids, ...named.map(({ agent_id }) => agent_id)], newcomers))
}

async function readAgents(
  db: Kysely<Tables>,
  ids: readonly string[],
  newcomers: readonly Newcomer[],
): Promise<AgentsTable[]> {
  const known = await db
    .selectFrom('agents')
    .selectAll()
    .where(isOneOf(db, 'agent_id', [...new Set(ids)]))
    .execute()
  const hashes = newcomers.flatMap(({ proof }) => (proof.by === 'secret' ? [proof.secretHash] : []))
  return [...known, ...(await readHolders(db, hashes))]
}

/** Reads the agents that have secrets of some hashes. */
export async function readHolders(db: Kysely<Tables>, hashes: readonly Uint8Array[]): Promise<AgentsTable[]> {
  if (hashes.length === 0) return []
  return db
    .selectFrom('agents')
    .selectAll()
    .where(isOneOfHashes(db, 'secret_hash', hashes))
    .execute()
}
