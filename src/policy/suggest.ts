import { Document, isMap, isSeq } from 'yaml'
import type { Container } from '../model/container.ts'
import { type Finding, type Report, SEVERITIES } from '../model/finding.ts'
import { NAMESPACE_KINDS } from '../model/namespace.ts'
import { printable } from '../model/printable.ts'
import { isExact } from './glob.ts'
import { repositoryNames } from './image.ts'
import type { Match } from './policy.ts'

const ID_MAX_CHARACTERS = 56

/** The findings of one rule about one container, or all that are of one rollout. */
interface Group {
  readonly rule: string
  readonly who: Match
  /** What the exception is called after. */
  readonly name: string
  readonly facts: Set<string>
  readonly findings: Finding[]
}

/**
 * Writes the policy file that would accept a report's open findings and nothing else. Each exception says in a comment
 * what it would accept, and its reason is left empty, which a check refuses: whoever accepts a finding says why.
 */
export function suggestPolicy({ findings, containers, node }: Report): string {
  const byId = new Map(containers.map((container) => [container.id, container]))
  const groups = new Map<string, Group>()
  const unsaid: Finding[] = []
  const open = findings.filter(({ status }) => status === 'open')
  for (const finding of open) {
    const group = groupOf(finding, byId.get(finding.subject.containerId ?? ''), node.name)
    if (group === null) unsaid.push(finding)
    else addTo(groups, group)
  }
  return [
    `# Accepts what is open on ${printable(node.name)}: ${open.length - unsaid.length} of ${open.length} findings.\n`,
    '# Say in each reason why it is expected here; the file is refused until then.\n',
    ...unsaid.map(
      ({ rule, fact, summary }) =>
        `# Left out, as no pattern can name it: ${printable(`${rule} ${fact}: ${summary}`)}\n`,
    ),
    fileOf([...groups.values()]),
  ].join('')
}

function fileOf(groups: readonly Group[]): string {
  const file = new Document({ version: 1, exceptions: draftsOf(groups) })
  const exceptions = file.get('exceptions')
  const items = isSeq(exceptions) ? exceptions.items : []
  for (const [index, group] of groups.entries()) {
    const item = items[index]
    if (isMap(item)) item.commentBefore = ` ${printable(acceptedBy(group))}`
  }
  return file.toString({ lineWidth: 0 })
}

/** Says what accepting a group means, by the worst of its findings. */
function acceptedBy({ findings }: Group): string {
  const [worst] = findings.toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity))
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''
  return `${worst?.severity}: ${worst?.summary}${more}`
}

function addTo(groups: Map<string, Group>, group: Group): void {
  const key = JSON.stringify([group.rule, group.who])
  const known = groups.get(key)
  if (known === undefined) groups.set(key, group)
  else {
    for (const fact of group.facts) known.facts.add(fact)
    known.findings.push(...group.findings)
  }
}

/** Null where the finding's container is not there to be named, or a name of its would read as a pattern. */
function groupOf(finding: Finding, container: Container | undefined, node: string): Group | null {
  const { rule, fact, subject } = finding
  if (container === undefined && subject.containerId !== undefined) return null
  const who = container === undefined ? { node: [node] } : whoOf(container)
  const names = Object.values(who).flatMap((value) => (Array.isArray(value) ? value.map(String) : []))
  if (![fact, ...names].every(isExact)) return null
  const name = container === undefined ? node : (container.pod?.workload ?? container.name)
  return { rule, who, name, facts: new Set([fact]), findings: [finding] }
}

/** Names a container as far as it is proven; what is only claimed is left out. */
function whoOf({ name, image, role, pod }: Container): Match {
  const [repository] = repositoryNames(image ?? '')
  const imageField = repository === undefined ? {} : { image: [repository] }
  if (pod === undefined || pod.proof === 'claim') return { container: [name], ...imageField }
  return {
    podNamespace: [pod.namespace],
    ...(pod.workload === undefined ? { pod: [pod.name] } : { workload: [pod.workload] }),
    static: pod.static,
    ...(pod.proof === 'cri' ? { proof: pod.proof } : {}),
    ...(role === 'sandbox' ? {} : { container: [pod.container], ...imageField }),
  }
}

function draftsOf(groups: readonly Group[]): object[] {
  const taken = new Set<string>()
  return groups.map(({ rule, who, name, facts }) => {
    const id = freeId(`${name}-${rule}`, taken)
    taken.add(id)
    const isKind = [...facts].every((fact) => NAMESPACE_KINDS.some((kind) => kind === fact))
    const match = { rule, ...alone({ ...who, [isKind ? 'kind' : 'fact']: [...facts] }) }
    return { id, reason: '', match }
  })
}

function freeId(wanted: string, taken: ReadonlySet<string>): string {
  const slug = wanted.toLowerCase().replace(/[^a-z0-9._-]/g, '-')
  const stem = slug.slice(-ID_MAX_CHARACTERS).replace(/^[._-]+/, '')
  let id = stem
  for (let number = 2; taken.has(id); number += 1) id = `${stem}-${number}`
  return id
}

/** A list of one is written as the one. */
function alone(match: Match): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(match).map(([key, value]) => [key, Array.isArray(value) && value.length === 1 ? value[0] : value]),
  )
}
