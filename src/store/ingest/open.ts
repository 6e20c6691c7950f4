import { emptyDigest } from '../../model/digest.ts'
import type { Hello, Want } from '../../model/stream.ts'
import { takeLock } from '../dialect.ts'
import { nodeStatus } from '../node-status.ts'
import type { Opened } from '../store.ts'
import type { NodesTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { isKnownEpoch } from './epochs.ts'
import { bindIdentity, judgeProof } from './identity.ts'
import { type Newcomer, type Register, readRegister } from './register.ts'
import { isOutOfDate, rivalOf } from './rival.ts'
import { dropStaged } from './told.ts'

/**
 * Begins the sessions of some newcomers, each as if those before it had come earlier: finds or makes the node, fences older
 * sessions, and tells the agent how to go on.
 */
export async function openSessions(context: WriteContext, newcomers: readonly Newcomer[]): Promise<Opened[]> {
  const { trx, statements } = context
  // Two collectors must not make one node twice, nor bind it to two agents.
  await takeLock(trx, 'nodes')
  const register = await readRegister(trx, newcomers, { lock: true })
  const opened: Opened[] = []
  for (const newcomer of newcomers) opened.push(await openSession(context, register, newcomer))
  await statements.putAgents.write(trx, register.changedAgents)
  await statements.putNodes.write(trx, register.changedNodes)
  return opened
}

async function openSession(context: WriteContext, register: Register, newcomer: Newcomer): Promise<Opened> {
  const { hello, proof, beyond } = newcomer
  const { now, rollCall } = context
  const refusal = judgeProof(register, hello, proof)
  if (refusal !== null) return { outcome: 'refused', reason: refusal }
  const node = await findNode(context, register, hello)
  if (node === null) return { outcome: 'refused', reason: 'node-taken' }
  if (isOutOfDate(node, hello)) return { outcome: 'refused', reason: 'fenced' }
  const rival = rollCall === null ? null : rivalOf(node, hello, rollCall)
  if (rival !== null && rival.session !== beyond) return { outcome: 'contested', ...rival }
  const enrolled = bindIdentity(register, newcomer, now)
  const want = await judgeStream(context, node, hello)
  await dropStaged(context, node)
  register.putNode(nodeAfter(context, node, { hello, want }))
  const session = { nodeId: node.id, node: hello.node, number: node.session + 1 }
  const ackedSeq = want === 'resume' ? node.acked_seq : 0
  return { outcome: 'opened', session, want, enrolled, ackedSeq, digest: node.digest }
}

function nodeAfter(
  { now, rollCall }: WriteContext,
  node: NodesTable,
  { hello, want }: { readonly hello: Hello; readonly want: Want },
): NodesTable {
  const wentBack = want === 'new-epoch' && node.epoch === hello.epoch
  return {
    ...node,
    name: hello.node,
    agent_id: hello.agentId,
    agent_version: hello.version,
    boot_id: hello.bootId,
    session: node.session + 1,
    connected: 1,
    run: hello.run ?? null,
    attempt: hello.attempt ?? null,
    replica: rollCall?.replica ?? null,
    last_seen_at: now,
    clock_offset_ms: hello.at - now,
    staged_parts: 0,
    // An epoch whose numbers were given out twice is closed for good.
    ...(wentBack ? { epoch: null, epoch_id: null, spool_regressions: node.spool_regressions + 1 } : {}),
  }
}

/** Finds the agent's node; null where another agent, not silent yet, speaks for a node of that name. */
async function findNode(context: WriteContext, register: Register, hello: Hello): Promise<NodesTable | null> {
  const own = register.nodeOf(hello.agentId)
  const named = register.nodeNamed(hello.node)
  if (named === undefined) return own ?? newNode(hello, await register.nextNodeId(context.trx), context.now)
  if (named === own) return own
  const isAbandoned = nodeStatus(named.connected === 1, named.last_seen_at, context.now) === 'silent'
  return own === undefined && isAbandoned ? named : null
}

function newNode(hello: Hello, id: number, now: number): NodesTable {
  return {
    id,
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
}

async function judgeStream(context: WriteContext, node: NodesTable, { epoch, nextSeq }: Hello): Promise<Want> {
  if (node.epoch === epoch) return nextSeq <= node.acked_seq ? 'new-epoch' : 'resume'
  if (node.session === 0) return 'snapshot'
  return (await isKnownEpoch(context, node.id, epoch)) ? 'new-epoch' : 'snapshot'
}
