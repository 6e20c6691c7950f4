import {
  type IdentityRefusal,
  isSameSecret,
  type NamedProof,
  type Proof,
  type SecretProof,
} from '../../model/speaker.ts'
import type { Hello } from '../../model/stream.ts'
import type { AgentsTable } from '../tables.ts'
import type { Newcomer, Register } from './register.ts'

/** Tells why a hello cannot be of who showed this proof; null when it can. */
export function judgeProof(register: Register, hello: Hello, proof: Proof): IdentityRefusal | null {
  return proof.by === 'certificate' ? judgeNames(hello, proof) : judgeSecret(register, hello, proof)
}

/** Binds an agent's identity to what it showed, which was found good; false when it was bound to it before. */
export function bindIdentity(register: Register, { hello, proof }: Newcomer, now: number): boolean {
  const known = register.agent(hello.agentId)
  const row = rowOf(hello, proof, now)
  if (known !== undefined && isSameBinding(known, row)) return false
  register.putAgent(row)
  return true
}

function judgeNames({ agentId, node }: Hello, { names }: NamedProof): IdentityRefusal | null {
  return names.includes(agentId) && names.includes(node) ? null : 'wrong-identity'
}

function judgeSecret(register: Register, hello: Hello, { secretHash, enrols }: SecretProof): IdentityRefusal | null {
  const holder = register.agentWith(secretHash)
  if (holder !== undefined && holder.agent_id !== hello.agentId) return 'wrong-identity'
  if (!isOfNode(hello, enrols)) return 'wrong-node'
  const own = register.agent(hello.agentId)
  if (!hasSecret(own, secretHash)) {
    if (enrols === 'no') return 'unknown-secret'
    if (own?.lasting === 1 && !mayReplace(enrols, own)) return 'wrong-secret'
  }
  return enrols !== 'any' && isOthersNode(register, hello) ? 'node-taken' : null
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
function isOthersNode(register: Register, { agentId, node }: Hello): boolean {
  const owner = register.nodeNamed(node)?.agent_id ?? agentId
  return owner !== agentId && register.agent(owner)?.lasting === 1
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
