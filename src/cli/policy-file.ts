import type { LoadedPolicy } from '../policy/load.ts'
import { SHIPPED_POLICY } from '../policy/packs/index.ts'
import type { Policy } from '../policy/policy.ts'
import { rules } from '../rules/index.ts'
import { setting } from './config.ts'
import { UsageError } from './errors.ts'
import { readBounded } from './read-bounded.ts'
import { text } from './settings.ts'

/** Four bytes a character at most. */
const LARGEST_POLICY_BYTES = 1 << 20

/** What is expected here: of every command that judges. */
export const policySettings = {
  policy: setting(text('the path of a file').optional(), {
    value: 'FILE',
    description: 'what is expected here: exceptions, each with a reason (policy check explains)',
  }),
}

/**
 * Reads the policy that a command is given; without one, the shipped packs are in force.
 *
 * @throws UsageError in one line, with the place of everything that is wrong with the file
 */
export async function readPolicy(file: string | undefined): Promise<Policy> {
  if (file === undefined) return SHIPPED_POLICY
  const loaded = await loadPolicyFile(file)
  if (loaded.ok) return loaded.policy
  throw new UsageError(`--policy: expected a policy, got ${problemLines(file, loaded.problems).join('; ')}`)
}

/**
 * Reads and checks a policy file.
 *
 * @throws UsageError when it cannot be read
 */
export async function loadPolicyFile(file: string): Promise<LoadedPolicy> {
  const content = await readBounded(file, LARGEST_POLICY_BYTES).catch((cause: unknown) => {
    throw new UsageError(`cannot read the policy ${file}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  })
  // Loaded late: who has no policy file needs no YAML.
  const { loadPolicy } = await import('../policy/load.ts')
  return loadPolicy(
    content,
    rules.map(({ id }) => id),
  )
}

/** Writes problems as compilers do: `FILE:LINE:COLUMN: what is wrong`. */
export function problemLines(file: string, problems: Extract<LoadedPolicy, { ok: false }>['problems']): string[] {
  return problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`)
}
