import { emptyDigest } from '../../model/digest.ts'
import type { Proof } from '../../model/speaker.ts'
import type { Hello, Want } from '../../model/stream.ts'
import { isSqlite, takeLock } from '../dialect.ts'
import { nodeStatus } from '../node-status.ts'
import type { Opened } from '../store.ts'
import type { NodesTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { isKnownEpoch } from './epochs.ts'
import { bindIdentity, judgeProof } from './identity.ts'
import { isOutOfDate, rivalOf } from './rival.ts'

/**
 * Begins a session: finds or makes the node, fences older sessions, and tells the agent how to go on.
 *
 * @param beyond the session of another process that was found to be over
 */
export async function openSession(context: WriteContext, hello: Hello, proof: Proof, beyond?: number): Promise<Opened> {
  const { trx, now, rollCall } = context
  // Two collectors must not make one node twice, nor bind it to two agents.
  await takeLock(trx, 'nodes')
  const refusal = await judgeProof(trx, hello, proof)
  if (refusal !== null) return { outcome: 'refused', reason: refusal }
  const node = await findNode(context, hello)
  if (node === null) return { outcome: 'refused', reason: 'node-taken' }
  if (isOutOfDate(node, hello)) return { outcome: 'refused', reason: 'fenced' }
  const rival = rollCall === null ? null : rivalOf(node, hello, rollCall)
  if (rival !== null && rival.session !== beyond) return { outcome: 'contested', ...rival }
  const enrolled = await bindIdentity(context, hello, proof)
  const want = await judgeStream(context, node, hello)
  const wentBack = want === 'new-epoch' && node.epoch === hello.epoch
  const number = node.session + 1
  await trx.deleteFrom('staged').where('node_id', '=', node.id).execute()
  await trx
    .updateTable('nodes')
    .set({
      name: hello.node,
      agent_id: hello.agentId,
      agent_version: hello.version,
      boot_id: hello.bootId,
      session: number,
      connected: 1,
      run: hello.run ?? null,
      attempt: hello.attempt ?? null,
      replica: rollCall?.replica ?? null,
      last_seen_at: now,
      clock_offset_ms: hello.at - now,
      staged_parts: 0,
      // An epoch whose numbers were given out twice is closed for good.
      ...(wentBack ? { epoch: null, epoch_id: null, spool_regressions: node.spool_regressions + 1 } : {}),
    })
    .where('id', '=', node.id)
    .execute()
  const session = { nodeId: node.id, node: hello.node, number }
  const ackedSeq = want === 'resume' ? node.acked_seq : 0
  return { outcome: 'opened', session, want, enrolled, ackedSeq, digest: node.digest }
}

/** Finds the agent's node; null where another agent, not silent yet, speaks for a node of that name. */
async function findNode(context: WriteContext, hello: Hello): Promise<NodesTable | null> {
  const rows = await context.trx
    .selectFrom('nodes')
    .selectAll()
    .where(({ eb, or }) => or([eb('agent_id', '=', hello.agentId), eb('name', '=', hello.node)]))
    .$if(!isSqlite(context.trx), (found) => found.forUpdate())
    .execute()
  const own = rows.find(({ agent_id }) => agent_id === hello.agentId)
  const named = rows.find(({ name }) => name === hello.node)
  if (named === undefined) return own ?? insertNode(context, hello)
  if (named === own) return own
  const isAbandoned = nodeStatus(named.connected === 1, named.last_seen_at, context.now) === 'silent'
  return own === undefined && isAbandoned ? named : null
}

async function insertNode({ trx, now }: WriteContext, hello: Hello): Promise<NodesTable> {
  const { next } = await trx
    .selectFrom('nodes')
    .select(({ fn, lit }) => fn.coalesce(fn.max('id'), lit(0)).as('next'))
    .executeTakeFirstOrThrow()
  const node: NodesTable = {
    id: next + 1,
    name: hello.node,
    agent_id: hello.agentId,
    agent_version: hello.version,
    boot_id: hello.bootId,
    session: 0,
    connected: 0,
    run: null,
    attempt: null,
    replica: null,
    last_seen_at: now,
    last_look_at: null,
    last_look: null,
    clock_offset_ms: 0,
    epoch_id: null,
    epoch: null,
    acked_seq: 0,
    digest: emptyDigest(),
    snapshot_asked_at: null,
    staged_parts: 0,
    staged_epoch: null,
    staged_seq: 0,
    quarantined: 0,
    digest_mismatches: 0,
    spool_regressions: 0,
  }
  await trx.insertInto('nodes').values(node).execute()
  return node
}

async function judgeStream(context: WriteContext, node: NodesTable, { epoch, nextSeq }: Hello): Promise<Want> {
  if (node.epoch === epoch) return nextSeq <= node.acked_seq ? 'new-epoch' : 'resume'
  return (await isKnownEpoch(context, node.id, epoch)) ? 'new-epoch' : 'snapshot'
}
