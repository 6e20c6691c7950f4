import type { Kysely } from 'kysely'
import type { StoreDatabase } from './open-database.ts'
import type { Tables } from './tables.ts'

/** An agent that has enrolled. */
export interface EnrolledAgent {
  readonly agentId: string
  /** The node that it spoke for last. */
  readonly node: string | null
  readonly provenBy: 'secret' | 'certificate'
  /** It shows the same after a restart: only a reset lets another one take its place. */
  readonly isLasting: boolean
  readonly enrolledAt: number
  readonly lastSeenAt: number | null
}

/** The agents of a store, for its operator; a collector may be using the store meanwhile. */
export class AgentRegister {
  readonly #db: Kysely<Tables>

  constructor({ db }: StoreDatabase) {
    this.#db = db
  }

  /** By name. */
  async list(): Promise<EnrolledAgent[]> {
    const rows = await this.#db
      .selectFrom('agents')
      .leftJoin('nodes', 'nodes.agent_id', 'agents.agent_id')
      .select(['agents.agent_id', 'proven_by', 'lasting', 'enrolled_at', 'nodes.name', 'nodes.last_seen_at'])
      .orderBy('agents.agent_id')
      .execute()
    return rows.map((row) => ({
      agentId: row.agent_id,
      node: row.name,
      provenBy: row.proven_by,
      isLasting: row.lasting === 1,
      enrolledAt: row.enrolled_at,
      lastSeenAt: row.last_seen_at,
    }))
  }

  /**
   * Forgets what an agent is known by: the next one that has the token, or a certificate, may enrol under its name. Its
   * connection, if it has one, is powerless from now on. False when no such agent has enrolled.
   */
  async reset(agentId: string, { id, now }: { readonly id: string; readonly now: number }): Promise<boolean> {
    return this.#db.transaction().execute(async (trx) => {
      const { numDeletedRows } = await trx.deleteFrom('agents').where('agent_id', '=', agentId).executeTakeFirst()
      if (numDeletedRows === 0n) return false
      await trx
        .updateTable('nodes')
        .set((eb) => ({ session: eb('session', '+', 1), connected: 0 }))
        .where('agent_id', '=', agentId)
        .execute()
      const empty = { reason: null, node: null, address: null, detail: null }
      const entry = { id, at: now, last_at: now, count: 1, action: 'reset', agent_id: agentId, ...empty } as const
      await trx.insertInto('audit').values(entry).execute()
      return true
    })
  }
}
