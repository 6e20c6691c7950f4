import type { Kysely } from 'kysely'
import {
  type IdentityRefusal,
  isSameSecret,
  type NamedProof,
  type Proof,
  type SecretProof,
} from '../../model/speaker.ts'
import type { Hello } from '../../model/stream.ts'
import type { AgentsTable, Tables } from '../tables.ts'
import type { WriteContext } from '../writer.ts'

/** Tells whether some agent has the secret of this hash. */
export async function isKnownSecret(db: Kysely<Tables>, secretHash: Uint8Array): Promise<boolean> {
  return (await findHolder(db, secretHash)) !== undefined
}

/** Tells why a hello cannot be of who showed this proof; null when it can. */
export async function judgeProof(db: Kysely<Tables>, hello: Hello, proof: Proof): Promise<IdentityRefusal | null> {
  return proof.by === 'certificate' ? judgeNames(hello, proof) : judgeSecret(db, hello, proof)
}

/** Binds an agent's identity to what it showed, which was found good; false when it was bound to it before. */
export async function bindIdentity({ trx, now }: WriteContext, hello: Hello, proof: Proof): Promise<boolean> {
  const known = await findAgent(trx, hello.agentId)
  const row = rowOf(hello, proof, now)
  if (known !== undefined && isSameBinding(known, row)) return false
  await trx.deleteFrom('agents').where('agent_id', '=', hello.agentId).execute()
  await trx.insertInto('agents').values(row).execute()
  return true
}

function judgeNames({ agentId, node }: Hello, { names }: NamedProof): IdentityRefusal | null {
  return names.includes(agentId) && names.includes(node) ? null : 'wrong-identity'
}

async function judgeSecret(
  db: Kysely<Tables>,
  hello: Hello,
  { secretHash, enrols }: SecretProof,
): Promise<IdentityRefusal | null> {
  const holder = await findHolder(db, secretHash)
  if (holder !== undefined && holder.agent_id !== hello.agentId) return 'wrong-identity'
  if (!isOfNode(hello, enrols)) return 'wrong-node'
  const own = await findAgent(db, hello.agentId)
  if (!hasSecret(own, secretHash)) {
    if (enrols === 'no') return 'unknown-secret'
    if (own?.lasting === 1 && !mayReplace(enrols, own)) return 'wrong-secret'
  }
  return enrols !== 'any' && (await isOthersNode(db, hello)) ? 'node-taken' : null
}

function hasSecret(agent: AgentsTable | undefined, secretHash: Uint8Array): boolean {
  const known = agent?.secret_hash ?? null
  return known !== null && isSameSecret(known, secretHash)
}

/** Who is vouched for as a node is that node's agent, and no other one. */
function isOfNode({ agentId, node }: Hello, enrols: SecretProof['enrols']): boolean {
  return typeof enrols !== 'object' || (agentId === enrols.node && node === enrols.node)
}

/** A node that was set up anew has lost its secret, and a token that is bound to it proves as much; not so a certificate. */
function mayReplace(enrols: SecretProof['enrols'], { proven_by }: AgentsTable): boolean {
  return enrols === 'any' || (typeof enrols === 'object' && proven_by === 'secret')
}

/** A node whose agent keeps its secret is that agent's even while it is silent. */
async function isOthersNode(db: Kysely<Tables>, { agentId, node }: Hello): Promise<boolean> {
  const owner = await db
    .selectFrom('nodes')
    .innerJoin('agents', 'agents.agent_id', 'nodes.agent_id')
    .select('agents.lasting')
    .where('nodes.name', '=', node)
    .where('nodes.agent_id', '!=', agentId)
    .executeTakeFirst()
  return owner?.lasting === 1
}

function rowOf({ agentId, keepsSecret }: Hello, proof: Proof, now: number): AgentsTable {
  const isLasting = proof.by === 'certificate' || (keepsSecret === true && proof.enrols !== 'any')
  return {
    agent_id: agentId,
    proven_by: proof.by,
    secret_hash: proof.by === 'secret' ? proof.secretHash : null,
    lasting: isLasting ? 1 : 0,
    enrolled_at: now,
  }
}

function isSameBinding(known: AgentsTable, next: AgentsTable): boolean {
  if (known.proven_by !== next.proven_by || known.lasting !== next.lasting) return false
  if (known.secret_hash === null || next.secret_hash === null) return known.secret_hash === next.secret_hash
  return isSameSecret(known.secret_hash, next.secret_hash)
}

/** The index compares hashes, whose bytes tell nothing of the secret. */
function findHolder(db: Kysely<Tables>, secretHash: Uint8Array): Promise<Pick<AgentsTable, 'agent_id'> | undefined> {
  return db.selectFrom('agents').select('agent_id').where('secret_hash', '=', secretHash).executeTakeFirst()
}

function findAgent(db: Kysely<Tables>, agentId: string): Promise<AgentsTable | undefined> {
  return db.selectFrom('agents').selectAll().where('agent_id', '=', agentId).executeTakeFirst()
}
