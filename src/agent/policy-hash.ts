import { createHash } from 'node:crypto'
import { canonicalPolicy, type Policy } from '../policy/policy.ts'

/** Names a policy by its content: what a snapshot says it was judged by. */
export function policyHashOf(policy: Policy): string {
  return createHash('sha256').update(canonicalPolicy(policy)).digest('hex')
}
