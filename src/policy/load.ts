import * as z from 'zod'
import { packs, withPacks } from './packs/index.ts'
import type { Policy } from './policy.ts'
import { fileSchema } from './schema.ts'
import { type Path, type Problem, parseYaml, type YamlSource } from './yaml-source.ts'

/** A policy file is read whole; more than this is no policy. */
export const POLICY_MAX_CHARACTERS = 256 * 1024

const PROBLEMS_MAX = 100

/** A policy, or all that is wrong with its file, in the order of the file. */
export type LoadedPolicy =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Loads a policy from the text of its file: the exceptions it names and those of the packs it leaves in force.
 *
 * @param rules the ids of all rules, so that a misspelt one is a problem and not an exception that never matches
 */
export function loadPolicy(text: string, rules: readonly string[]): LoadedPolicy {
  if (text.length > POLICY_MAX_CHARACTERS) {
    return refuse([{ line: 1, column: 1, message: `the file is longer than ${POLICY_MAX_CHARACTERS} characters` }])
  }
  const source = parseYaml(text)
  if (source.value === undefined) return refuse(source.problems)
  const parsed = fileSchema({ rules, packs: packs.map(({ name }) => name) }).safeParse(source.value)
  const issues = parsed.error?.issues ?? []
  const problems = [...source.problems, ...issues.flatMap((issue) => problemsOf(issue, source)), ...repeatedIds(source)]
  if (problems.length > 0 || parsed.data === undefined) return refuse(problems)
  return { ok: true, policy: withPacks(parsed.data.packs, parsed.data.exceptions) }
}

/** One problem a place: what is wrong first makes what follows from it. */
function refuse(problems: readonly Problem[]): LoadedPolicy {
  const byPlace = new Map(problems.toReversed().map((problem) => [`${problem.line}:${problem.column}`, problem]))
  const inOrder = [...byPlace.values()].toSorted((a, b) => a.line - b.line || a.column - b.column)
  return { ok: false, problems: inOrder.slice(0, PROBLEMS_MAX) }
}

function problemsOf(issue: z.core.$ZodIssue, source: YamlSource): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      problem(source.placeOfKey([...issue.path, key]), issue.path, `unknown key ${JSON.stringify(key)}`),
    )
  }
  return [problem(source.placeOf(issue.path), issue.path, issue.message)]
}

function problem(place: Pick<Problem, 'line' | 'column'>, path: Path, message: string): Problem {
  return { ...place, message: path.length === 0 ? message : `${nameOf(path)}: ${message}` }
}

/** Writes a path as people do: `exceptions[2].match.rule`. */
function nameOf(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}

const ids = z.object({ exceptions: z.array(z.object({ id: z.string().nullable().catch(null) }).catch({ id: null })) })

/** Apart from the schema, which looks at the whole only when each part is right. */
function repeatedIds(source: YamlSource): Problem[] {
  const seen = new Set<string>()
  return (ids.safeParse(source.value).data?.exceptions ?? []).flatMap(({ id }, index) => {
    if (id === null) return []
    const path = ['exceptions', index, 'id']
    const repeated = seen.has(id)
    seen.add(id)
    return repeated
      ? [problem(source.placeOf(path), path, `${JSON.stringify(id)} names another exception already`)]
      : []
  })
}
